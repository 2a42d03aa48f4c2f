/**
 * Table 2 of Spiking-YOLO (Kim et al., AAAI 2020): a GPU against a neuromorphic chip, as the paper computes it and as it
 * comes out.
 *
 * The paper divides a spiking network's operations by 400 GFLOPS/W, multiplies by the number of steps and states joules.
 * Operations / (operations per second and watt) **is** joules, so this is the energy when the count is of one step. Its
 * printed values are a thousandth of that: they take the quotient for watts and a step for a millisecond.
 */

/** The paper's GPU: 250 W at 14,000 GFLOPS. */
export const paperGpu = {
  label: "GPU (250 W, 14 TFLOPS)",
  watts: 250,
  flopPerSecond: 14e12,
  source: "Spiking-YOLO, AAAI 2020, Table 2 (a Titan V100's data sheet)",
} as const;

/** The paper's neuromorphic chip, at its peak: typical figures are far lower. */
export const paperTrueNorth = {
  label: "TrueNorth (400 GFLOPS/W)",
  flopPerSecondPerWatt: 400e9,
  source: "Spiking-YOLO, AAAI 2020, Table 2 (P. Merolla et al., Science 2014: peak)",
} as const;

/** The paper's time step. */
const stepSeconds = 1e-3;

/** The paper's own counts. */
export const paperCounts = {
  dnn: { label: "Tiny YOLO", flop: 6.97e9 },
  spiking: [
    { label: "Spiking-YOLO, layer", flopPerStep: 5.28e7, steps: 8000 },
    { label: "Spiking-YOLO, channel", flopPerStep: 4.9e7, steps: 3500 },
  ],
} as const;

export interface PaperDnn {
  readonly label: string;
  /** Two per multiply-accumulate. */
  readonly flop: number;
}

export interface PaperSpiking {
  readonly label: string;
  /** Operations of one step. */
  readonly flopPerStep: number;
  readonly steps: number;
}

export interface Table2Row {
  readonly network: string;
  readonly machine: string;
  /** DNN: of the whole pass. Spiking: of one step. */
  readonly flop: number;
  /** 1 for the DNN. */
  readonly steps: number;
  /** As the paper computes and prints it: two digits for the GPU, three for the chip. */
  readonly paperJoules: number;
  /** DNN over this, of the printed values; absent for the DNN. */
  readonly paperGain?: number;
  /** Recomputed: operations of all steps times joules per operation. */
  readonly joules: number;
  /** DNN over this; below 1 the spiking network costs more. */
  readonly gain?: number;
}

export function table2(dnn: PaperDnn, spiking: readonly PaperSpiking[]): readonly Table2Row[] {
  const dnnJoules = (dnn.flop * paperGpu.watts) / paperGpu.flopPerSecond;
  const dnnRow = {
    network: dnn.label,
    machine: paperGpu.label,
    flop: dnn.flop,
    steps: 1,
    paperJoules: toDigits(dnnJoules, 2),
    joules: dnnJoules,
  };
  const spikingRows = spiking.map(({ label, flopPerStep, steps }): Table2Row => {
    const joules = (flopPerStep / paperTrueNorth.flopPerSecondPerWatt) * steps;
    const paperJoules = toDigits(joules * stepSeconds, 3);
    return {
      network: label,
      machine: paperTrueNorth.label,
      flop: flopPerStep,
      steps,
      paperJoules,
      paperGain: dnnRow.paperJoules / paperJoules,
      joules,
      gain: dnnJoules / joules,
    };
  });
  return [dnnRow, ...spikingRows];
}

function toDigits(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
