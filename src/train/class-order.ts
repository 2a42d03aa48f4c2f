/** A data set whose classes are numbered as the network's head numbers them. */
import { ArgumentError } from "../core/errors.ts";
import { matchClasses } from "../data/class-names.ts";
import type { DataSetContents } from "../data/dataset.ts";

/** @throws ArgumentError [E_NAMES] where an object's class is not among `names`; ImportError [E_CLASSES] where none is. */
export function withClassOrder<T extends DataSetContents>(dataSet: T, names: readonly string[]): T {
  const { toDataSet } = matchClasses(names, names.length, dataSet.classNames);
  const indices = new Map(toDataSet.map((from, to) => [from, to]));
  const images = dataSet.images.map((image) => ({
    ...image,
    objects: image.objects.map((object) => {
      const classIndex = indices.get(object.classIndex);
      if (classIndex !== undefined) return { ...object, classIndex };
      throw new ArgumentError(
        "E_NAMES",
        `picture ${image.id} of ${dataSet.name} has an object of class ${dataSet.classNames[object.classIndex]}, which is not among the names (${names.slice(0, 3).join(", ")}, …). Add it there`,
      );
    }),
  }));
  return { ...dataSet, classNames: names, images };
}
