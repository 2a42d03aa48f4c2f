/**
 * Detections in the devkit's files, one a class: `comp4_det_test_dog.txt` with lines of
 * `<picture> <score> <xmin> <ymin> <xmax> <ymax>`, 1-based and inclusive.
 */
import { ImportError } from "../core/errors.ts";
import { safeFileName } from "../core/file-name.ts";
import { type BoxNumbers, type DataSet, imageIndices, type StatedDetection } from "./dataset.ts";

/** One file, by its name without the folder. */
export interface VocDetectionFile {
  readonly name: string;
  readonly text: string;
}

/** The class that a file's name ends in; undefined where it is no file of detections. */
export function vocDetectionClass(name: string): string | undefined {
  // comp3, comp4, and what programs put between: comp4_det_test_dog, comp4-1234_det_test_dog.
  return /^comp\d.*?_det_[^_]+_(.+)\.txt$/.exec(name)?.[1];
}

/**
 * The detections of all files, in file order. Files whose names are not of the form are left out.
 * @throws ImportError [E_DETECTIONS] for no file at all, a class or picture that the data set does not have, two files of
 * one class, or a line that is none.
 */
export function* readVocDetections(dataSet: DataSet, files: Iterable<VocDetectionFile>): Generator<StatedDetection> {
  const images = imageIndices(dataSet);
  const fileOf = new Map<string, string>();
  for (const { name, text } of files) {
    const className = vocDetectionClass(name);
    if (className === undefined) continue;
    // Files of ours hold a class that is no file's name in another spelling.
    const exact = dataSet.classNames.indexOf(className);
    const classIndex = exact >= 0 ? exact : dataSet.classNames.findIndex((known) => safeFileName(known) === className);
    if (classIndex < 0) throw new ImportError("E_DETECTIONS", `${name}: ${dataSet.name} has no class ${className}`);
    const other = fileOf.get(className);
    if (other) throw new ImportError("E_DETECTIONS", `${other} and ${name} both hold class ${className}. Keep one`);
    fileOf.set(className, name);
    yield* readLines(text, name, classIndex, images);
  }
  if (fileOf.size === 0)
    throw new ImportError("E_DETECTIONS", "no file is named comp…_det_…_<class>.txt (comp4_det_test_dog.txt)");
}

function* readLines(
  text: string,
  name: string,
  classIndex: number,
  images: ReadonlyMap<string, number>,
): Generator<StatedDetection> {
  let lineNumber = 0;
  for (const line of text.split("\n")) {
    lineNumber++;
    if (line.trim() === "") continue;
    const [id, ...columns] = line.trim().split(/\s+/);
    const numbers = columns.map(Number);
    if (numbers.length !== 5 || !numbers.every(Number.isFinite)) {
      const expected = "a picture, a score and xmin ymin xmax ymax";
      throw new ImportError(
        "E_DETECTIONS",
        `${name}, line ${lineNumber}: expected ${expected}, not "${line.slice(0, 80)}"`,
      );
    }
    const image = images.get(id);
    if (image === undefined)
      throw new ImportError("E_DETECTIONS", `${name}, line ${lineNumber}: the data set has no picture ${id}`);
    yield { image, classIndex, score: numbers[0], box: numbers.slice(1) as unknown as BoxNumbers };
  }
}

/**
 * One file a class, empty ones included, as the devkit wants them. `split` goes into the names; a class whose name cannot
 * be a file's as it is has {@link safeFileName}'s.
 */
export function formatVocDetections(
  dataSet: DataSet,
  detections: Iterable<StatedDetection>,
  split: string,
): readonly VocDetectionFile[] {
  const lines = dataSet.classNames.map((): string[] => []);
  for (const { image, classIndex, score, box } of detections) {
    lines[classIndex].push(`${dataSet.images[image].id} ${score} ${box.join(" ")}\n`);
  }
  return dataSet.classNames.map((className, index) => ({
    name: `comp4_det_${split}_${safeFileName(className)}.txt`,
    text: lines[index].join(""),
  }));
}
