/** A model's class indices ↔ a data set's, by class name: the same index means different things in different files. */
import { ImportError } from "../core/errors.ts";

/**
 * The classes that VOC (and darknet's name files) and COCO's own annotations call by other words (spaces aside, which
 * make COCO's "potted plant" of VOC's "pottedplant").
 */
const synonyms: Readonly<Record<string, string>> = {
  aeroplane: "airplane",
  motorbike: "motorcycle",
  sofa: "couch",
  tvmonitor: "tv",
};

export interface ClassMatch {
  /** Data-set class index by model class index; −1 where the data set has no such class. */
  readonly toDataSet: readonly number[];
  /** Names that only one side has. */
  readonly onlyInModel: readonly string[];
  readonly onlyInDataSet: readonly string[];
  /** Classes that the two sides spell differently, upper and lower case aside: the model's name, the data set's. */
  readonly renamed: readonly (readonly [string, string])[];
}

/**
 * Matches by name, whatever the spelling (case, spaces, `_`, `-`, and VOC's names for COCO's classes). A model without
 * names has to have as many classes as the data set, and is matched by index.
 * @throws ImportError [E_CLASSES] where nothing matches, or there are no names to match by.
 */
export function matchClasses(model: readonly string[], modelClasses: number, dataSet: readonly string[]): ClassMatch {
  if (model.length === 0) {
    const none = { onlyInModel: [], onlyInDataSet: [], renamed: [] };
    if (modelClasses === dataSet.length) return { toDataSet: [...dataSet.keys()], ...none };
    throw new ImportError(
      "E_CLASSES",
      `the model has ${modelClasses} classes without names, the data set ${dataSet.length}. Give the names, one a line, with --names`,
    );
  }
  const indices = new Map(dataSet.map((name, index) => [canonical(name), index]));
  const toDataSet = model.map((name) => indices.get(canonical(name)) ?? -1);
  const matched = new Set(toDataSet);
  const onlyInDataSet = dataSet.filter((_, index) => !matched.has(index));
  if (onlyInDataSet.length === dataSet.length) {
    const some = (names: readonly string[]) => names.slice(0, 3).join(", ");
    throw new ImportError(
      "E_CLASSES",
      `the model's classes (${some(model)}, …) are not the data set's (${some(dataSet)}, …). Check --names and --dataset`,
    );
  }
  return {
    toDataSet,
    onlyInModel: model.filter((_, index) => toDataSet[index] < 0),
    onlyInDataSet,
    renamed: model.flatMap((name, index) => {
      const other = dataSet[toDataSet[index]];
      return other === undefined || other.toLowerCase() === name.toLowerCase() ? [] : [[name, other] as const];
    }),
  };
}

/** What a user should know of classes that are matched across spellings; nothing where none are. */
export function remarksOnNames({ renamed }: ClassMatch): readonly string[] {
  const pairs = renamed.map(([model, dataSet]) => `${model} = ${dataSet}`);
  return pairs.length === 0 ? [] : [`classes taken for the same, model's name = data set's: ${pairs.join(", ")}`];
}

function canonical(name: string): string {
  const plain = name.toLowerCase().replace(/[\s_-]/g, "");
  return Object.hasOwn(synonyms, plain) ? synonyms[plain] : plain;
}
