/** Opens a data set from one word of a command line. */
import { ArgumentError } from "../core/errors.ts";
import type { DataSet, DataSetFormat } from "./dataset.ts";
import { dataSetFormatNames, dataSetFormats, type Purpose } from "./formats.ts";

/** What names a data set, for help and errors. */
export const dataSetSyntax: string = dataSetFormatNames.map((name) => dataSetFormats[name].syntax).join(" or ");

/** Whether a word begins like one that names a data set, not a path. */
export function isDataSetSpec(spec: string): boolean {
  return formatOf(spec) !== undefined;
}

/**
 * Opens what a word of {@link dataSetSyntax} names (defaults: year 2007, split test of VOC; of YOLO val,
 * for training train).
 * @throws ArgumentError [E_DATASET] for a word that is none; ImportError as the readers do.
 */
export async function openDataSet(spec: string, purpose: Purpose = "scoring"): Promise<DataSet> {
  const format = formatOf(spec);
  const contents = format && (await dataSetFormats[format].open(spec.slice(format.length + 1), purpose));
  if (!contents) throw new ArgumentError("E_DATASET", `${spec} is no data set. Expected ${dataSetSyntax}`);
  const isEmpty = contents.images.every(({ objects }) => objects.length === 0);
  const nothing = isEmpty ? ["no picture shows an object: there is nothing to find, and no score"] : [];
  return { ...contents, remarks: [...contents.remarks, ...nothing], format, rule: dataSetFormats[format].rule };
}

function formatOf(spec: string): DataSetFormat | undefined {
  return dataSetFormatNames.find((name) => spec.startsWith(`${name}:`));
}
