/** The detector of two classes (cat, dog) that comes with the wild inputs, as the words of a command line. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** @param path folder of any wild input. @param scratch where its names are written. */
export function smallDetector(path: string, scratch: string): readonly string[] {
  const names = join(scratch, "cat-dog.names");
  writeFileSync(names, "cat\ndog\n");
  const model = join(path, "../t03-full/base");
  const pictures = join(path, "../v00-base/devkit/VOC2007/JPEGImages");
  return [`${model}.cfg`, "--weights", `${model}.weights`, "--names", names, "--calibrate", pictures];
}

/** Evaluates the DNN alone, in one thread: two pictures are done before another has started. */
export const briefly: readonly string[] = ["--dnn-only", "--threads", "1"];
