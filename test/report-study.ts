/** A report's data from a small random network: seconds, and all of the real path. */
import { calibrate, toSpiking } from "../src/convert/convert.ts";
import { conversionSettings } from "../src/convert/modes.ts";
import { type Graph, inputOf } from "../src/graph/graph.ts";
import { preprocess } from "../src/image/preprocess.ts";
import { operationCosts } from "../src/metrics/energy.ts";
import { type Study, study } from "../src/report/collect/study.ts";
import type { ReportData } from "../src/report/compose-report.ts";
import { referenceEngine } from "../src/snn/engines/reference/reference-engine.ts";
import { accuracy } from "./figure-data.ts";
import { plainNetwork, randomPicture } from "./graphs.ts";

export const studySteps = [1, 2, 4, 8, 16];

export function studyInputs(graph: Graph) {
  const data = (seed: number) => Uint8Array.from(randomPicture([960], seed).data, (value) => Math.round(255 * value));
  return [1, 2].map((seed) =>
    preprocess({ width: 20, height: 16, data: data(seed) }, inputOf(graph).shape, graph.preprocessing),
  );
}

export async function smallStudy(): Promise<{ study: Study; dnn: Graph; snn: Graph }> {
  const graph = plainNetwork(3);
  const inputs = studyInputs(graph);
  const dnn = await calibrate(
    graph,
    inputs.map(({ image }) => image),
  );
  const settings = { percentile: 100, bits: "float" } as const;
  const networks = [
    { name: "layer, IBT", graph: toSpiking(dnn, conversionSettings("paper", { ...settings, scope: "layer" })) },
    { name: "channel, IBT", graph: toSpiking(dnn, conversionSettings("paper", settings)) },
    { name: "fast", graph: toSpiking(dnn, conversionSettings("fast", settings)) },
  ];
  const result = await study(
    dnn,
    networks.map((network) => ({ ...network, at: studySteps })),
    inputs,
    { openSession: (opened) => referenceEngine.open(opened), percentile: 100, seed: 1 },
  );
  return { study: result, dnn, snn: networks[2].graph };
}

/** @param data the study of {@link smallStudy}. */
export function reportData(data: Study, snn: Graph): ReportData {
  const uri =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGO4AgAAvgC9Q2Yb1QAAAABJRU5ErkJggg==";
  return {
    model: "small <network>",
    paper: "voc",
    study: data,
    accuracy: accuracy(),
    pictures: ["one", "two"].map((name) => ({ name, uri, width: 20, height: 16, truth: [] })),
    classNames: ["a", "b"],
    costs: operationCosts,
    scoreThreshold: 0.25,
    provenance: snn.provenance,
    remarks: ["Seed 1"],
  };
}
