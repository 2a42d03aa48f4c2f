/** Figure 7: energy of a picture's arithmetic, DNN and spiking networks, in each price of operations. */
import * as Plot from "@observablehq/plot";
import type { OperationCost } from "../../metrics/energy.ts";
import { digits, joules } from "../format.ts";
import { thinned } from "./axis.ts";
import type { Canvas, Figure } from "./figure.ts";
import { faint, ink, lookOf, muted } from "./look.ts";
import { drawPanel, drawSheet, gridOf, type Panel } from "./svg.ts";

export interface NetworkEnergy {
  readonly network: string;
  /** Absent for the DNN. */
  readonly timeSteps?: number;
  /** All operations of a picture. */
  readonly totalPicojoules: number;
  /** Of accumulates of a single step: what the paper compares with the DNN. Absent for the DNN. */
  readonly oneStepPicojoules?: number;
}

export interface OperationEnergyData {
  readonly costs: readonly { readonly cost: OperationCost; readonly networks: readonly NetworkEnergy[] }[];
}

export function operationEnergyFigure({ costs }: OperationEnergyData, canvas: Canvas): Figure {
  const title = "Energy of a picture's arithmetic";
  const values = costs.flatMap(({ networks }) =>
    networks.flatMap(({ totalPicojoules, oneStepPicojoules }) => [
      totalPicojoules,
      oneStepPicojoules ?? totalPicojoules,
    ]),
  );
  const positive = values.filter((value) => value > 0);
  const domain = [Math.floor(Math.log10(Math.min(...positive))), Math.ceil(Math.log10(Math.max(...positive)))] as const;
  const alt = `${title}. ${costs.map(describe).join(" ")}`;
  return {
    id: "figure-7",
    label: "Figure 7",
    title,
    caption:
      "Filled: all operations of all steps. Hollow: accumulates of a single step, which is what the paper compares with the DNN. The dashed line is the DNN: what lies right of it costs more. Logarithmic axis; no memory traffic.",
    alt,
    svg: drawSheet(
      costs.map(({ cost, networks }) => panel(cost, networks, domain, canvas)),
      { id: "figure-7", title, alt, columns: 1 },
    ),
    rows: costs.flatMap(({ cost, networks }) =>
      networks.map(({ network, timeSteps, totalPicojoules, oneStepPicojoules }) => ({
        cost: cost.name,
        network,
        timeSteps: timeSteps ?? null,
        totalPicojoules,
        oneStepPicojoules: oneStepPicojoules ?? null,
        ofDnn: totalPicojoules / networks[0].totalPicojoules,
      })),
    ),
  };
}

function describe({ cost, networks: [dnn, ...spiking] }: OperationEnergyData["costs"][number]): string {
  const parts = spiking.map(
    ({ network, totalPicojoules }) => `${network} ${digits(totalPicojoules / dnn.totalPicojoules)} times that`,
  );
  return `${cost.label}: the DNN ${joules(dnn.totalPicojoules)}, ${parts.join(", ")}.`;
}

function panel(
  { label, macPicojoules, acPicojoules }: OperationCost,
  networks: readonly NetworkEnergy[],
  domain: readonly [number, number],
  canvas: Canvas,
): Panel {
  const [dnn] = networks;
  const nameOf = ({ network, timeSteps }: NetworkEnergy) =>
    timeSteps === undefined ? network : `${network}, T = ${timeSteps}`;
  const total = ({ totalPicojoules }: NetworkEnergy) => Math.log10(totalPicojoules);
  const oneStep = ({ oneStepPicojoules }: NetworkEnergy) => Math.log10(oneStepPicojoules as number);
  const withStep = networks.filter(({ oneStepPicojoules }) => oneStepPicojoules !== undefined && oneStepPicojoules > 0);
  const { color } = lookOf(0);
  const isColumn = canvas.columnPx !== undefined;
  const { widthPx } = gridOf(canvas, { columns: 1, widthPx: 820 }, 1, 300);
  return drawPanel(canvas, {
    title: `${label}: MAC ${macPicojoules} pJ, AC ${acPicojoules} pJ`,
    width: widthPx,
    height: 76 + 24 * networks.length,
    marginTop: 30,
    marginLeft: isColumn ? 152 : 210,
    marginRight: isColumn ? 118 : 150,
    marginBottom: 38,
    x: {
      domain: [...domain],
      ticks: thinned(
        Array.from({ length: domain[1] - domain[0] + 1 }, (_, i) => domain[0] + i),
        (widthPx - (isColumn ? 270 : 360)) / 48,
      ),
      tickFormat: (power: number) => joules(10 ** power).replace(/\.0+(?= )/, ""),
      label: "energy",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 32,
      grid: true,
    },
    y: { type: "band", domain: networks.map(nameOf), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([total(dnn)], { stroke: ink, strokeDasharray: "4,2" }),
      Plot.ruleY(withStep, { y: nameOf, x1: oneStep, x2: total, stroke: faint, strokeWidth: 3 }),
      Plot.dot(withStep, { y: nameOf, x: oneStep, stroke: color, fill: "white", r: 4 }),
      Plot.dot(networks, { y: nameOf, x: total, fill: color, r: 5 }),
      Plot.text(networks, {
        y: nameOf,
        frameAnchor: "right",
        textAnchor: "start",
        dx: 10,
        text: (network: NetworkEnergy) =>
          network === dnn
            ? joules(network.totalPicojoules)
            : `${joules(network.totalPicojoules)}, ${digits(network.totalPicojoules / dnn.totalPicojoules)}×`,
        fill: muted,
      }),
    ],
  });
}
