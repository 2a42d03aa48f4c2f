/** NeuroBench's metrics for people: a row of its leaderboard of detectors, as Markdown. */
import type { NeuroBenchResults } from "../metrics/neurobench.ts";
import { print } from "./io.ts";

/** @param pictures on which they were counted. */
export function printNeuroBench(name: string, results: NeuroBenchResults, pictures: string): void {
  const { Footprint, ConnectionSparsity, ActivationSparsity, SynapticOperations, MembraneUpdates } = results;
  const { Dense, Effective_MACs, Effective_ACs } = SynapticOperations;
  const columns = [
    ["Network", name],
    ["mAP", "–"],
    ["Footprint (bytes)", String(Footprint)],
    ["Execution rate (Hz)", "–"],
    ["Connection sparsity", String(ConnectionSparsity)],
    ["Activation sparsity", ActivationSparsity.toFixed(4)],
    ["Dense", Dense.toFixed(0)],
    ["Eff_MACs", Effective_MACs.toFixed(0)],
    ["Eff_ACs", Effective_ACs.toFixed(0)],
    ["Membrane updates", MembraneUpdates.toFixed(0)],
  ];
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  print(row(columns.map(([title]) => title)));
  print(row(columns.map((_, i) => (i === 0 ? "---" : "---:"))));
  print(row(columns.map(([, value]) => value)));
  print();
  print(`counted on ${pictures}; a sample is a picture, with all of its steps.`);
  print("mAP: spiking-yolo evaluate. Execution rate: how often your application asks");
}
