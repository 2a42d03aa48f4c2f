/** What the energy models say at the present step, memory included, with their verdicts. */
import type { ModelEnergy } from "../simulation/model-energies.ts";
import { energyText } from "./format.ts";
import type { LaneMoment } from "./moment.ts";

const meanings = {
  wins: "costs less than the DNN in 32 bits and in 8",
  loses: "costs more than the DNN in 32 bits and in 8",
  depends: "costs less than the DNN in 32 bits, and more than in 8",
} as const;

export function EnergyModelsTable({ lanes }: { readonly lanes: readonly LaneMoment[] }) {
  const shown = lanes.flatMap((lane) => (lane.now ? [{ lane, energies: lane.now.energies }] : []));
  if (shown.length === 0) return null;
  const [{ energies }] = shown;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a narrow screen the table is wider than its place, and arrows scroll it
    <section className="scrolled" aria-label="Energy by model" tabIndex={0}>
      <table className="energy-models">
        <thead>
          <tr>
            <th scope="col">model</th>
            <th scope="col">DNN</th>
            <th scope="col">in 8 bits</th>
            {shown.map(({ lane }) => (
              <th scope="col" key={lane.slot}>
                {lane.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {energies.map((model, i) => (
            <tr key={model.name}>
              <th scope="row" title={model.label}>
                {model.name}
              </th>
              <td>{textOf(model.dnn)}</td>
              <td>{textOf(model.quantized)}</td>
              {shown.map(({ lane, energies: own }) => (
                <td key={lane.slot} className={lane.slot}>
                  {energyText(own[i].snn)} <Verdict of={own[i]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function textOf(picojoules: number | null): string {
  return picojoules === null ? "–" : energyText(picojoules);
}

function Verdict({ of: { dnn, verdict } }: { readonly of: ModelEnergy }) {
  return dnn === null ? null : (
    <span className={`verdict ${verdict}`} title={meanings[verdict]}>
      {verdict}
    </span>
  );
}
