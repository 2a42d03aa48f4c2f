/** Invented data for every figure: seeded, of the shapes and sizes that real reports have. */

import { seededRandom } from "../src/core/random.ts";
import { float32Cost, int32Cost } from "../src/metrics/energy.ts";
import type { AccuracyData } from "../src/report/figures/accuracy.ts";
import type { ChannelActivationData } from "../src/report/figures/channel-activation.ts";
import type { ChannelRatesData } from "../src/report/figures/channel-rates.ts";
import type { DetectionsData } from "../src/report/figures/detections.ts";
import type { FrontierPoint } from "../src/report/figures/frontier.ts";
import type { LayerActivityData } from "../src/report/figures/layer-activity.ts";
import type { LayerErrorData } from "../src/report/figures/layer-error.ts";
import type { OperationEnergyData } from "../src/report/figures/operation-energy.ts";
import type { OperationsOverTimeData } from "../src/report/figures/operations-over-time.ts";
import type { RasterData } from "../src/report/figures/raster.ts";
import type { RateDistributionData } from "../src/report/figures/rate-distribution.ts";
import type { VideoEnergyData, VideoFrameEnergy } from "../src/report/figures/video-energy.ts";
import type { Fit } from "../src/targets/fit.ts";
import type { Placement } from "../src/targets/place.ts";

const powersOfTwo = (last: number) => Array.from({ length: last + 1 }, (_, i) => 2 ** i);

export function channelActivation(): ChannelActivationData {
  const random = seededRandom(1);
  const layers = [16, 32, 64, 128].map((channels, i) => ({
    layer: `leaky${i}`,
    channels: Array.from({ length: channels }, () => 3 * random() ** 2 + 0.02),
    whole: 2.5,
  }));
  return { percentile: 99.9, layers };
}

export function rateDistribution(): RateDistributionData {
  const random = seededRandom(2);
  const rates = (scale: number) =>
    Float64Array.from({ length: 4000 }, () => (random() < 0.4 ? 0 : Math.floor(64 * scale * random() ** 3) / 64));
  return {
    layer: "leaky4",
    channel: 1,
    part: 0.08,
    distributions: [
      { configuration: "layer, IBT", timeSteps: 64, rates: rates(0.08) },
      { configuration: "channel, IBT", timeSteps: 64, rates: rates(0.9) },
    ],
  };
}

export function channelRates(): ChannelRatesData {
  const random = seededRandom(3);
  const layer = Array.from({ length: 16 }, () => 0.02 + 0.1 * random() ** 2);
  return {
    layer: "leaky0",
    configurations: [
      { configuration: "layer, IBT", timeSteps: 64, rates: layer },
      {
        configuration: "channel, IBT",
        timeSteps: 64,
        rates: layer.map((rate) => Math.min(0.4, rate * (1 + 12 * random()))),
      },
    ],
  };
}

export function raster(): RasterData {
  const random = seededRandom(4);
  const spikes = (positive: number, negative: number) =>
    Int8Array.from({ length: 20 * 64 }, () => (random() < positive ? 1 : random() < negative ? -1 : 0));
  return {
    layer: "leaky4",
    neurons: Array.from({ length: 20 }, (_, i) => 37 * i + 5),
    rasters: [
      { configuration: "layer, IBT", spikes: spikes(0.02, 0) },
      { configuration: "fast", spikes: spikes(0.25, 0.06) },
    ],
  };
}

export function accuracy(): AccuracyData {
  const curve = (configuration: string, decode: "vmem" | "count", pace: number, last: number) => ({
    configuration,
    decode,
    points: powersOfTwo(last).map((t) => {
      const map = 0.36 * (1 - Math.exp(-t / pace));
      return { t, map, share: { low: (0.93 * map) / 0.368, high: (1.05 * map) / 0.368 } };
    }),
  });
  const paces = { "layer, without IBT": 1000, "channel, without IBT": 700, "layer, IBT": 90, "channel, IBT": 60 };
  return {
    metric: "VOC07 mAP",
    dnn: 0.368,
    source: "100 pictures of VOC2007 test",
    curves: (["vmem", "count"] as const).flatMap((decode) => [
      ...Object.entries(paces).map(([name, pace]) => curve(name, decode, decode === "vmem" ? pace : 1.3 * pace, 8)),
      curve("fast", decode, 4, 5),
    ]),
  };
}

export function detections(): DetectionsData {
  const box = (shift: number, score: number, classIndex: number) => ({
    classIndex,
    score,
    xMin: 20 + shift,
    yMin: 30,
    xMax: 120 + shift,
    yMax: 110,
  });
  return {
    picture: "picture <1>",
    // One grey pixel: what the picture shows is no matter here.
    pictureUri:
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGO4AgAAvgC9Q2Yb1QAAAABJRU5ErkJggg==",
    width: 200,
    height: 150,
    classNames: ["person", "dog"],
    truth: [
      { classIndex: 0, xMin: 22, yMin: 28, xMax: 118, yMax: 112 },
      { classIndex: 1, xMin: 84, yMin: 30, xMax: 176, yMax: 108 },
    ],
    dnn: [box(0, 0.91, 0), box(60, 0.4, 1)],
    configurations: [
      {
        configuration: "layer, IBT",
        at: [
          { t: 16, detections: [] },
          { t: 64, detections: [box(8, 0.3, 0)] },
        ],
      },
      {
        configuration: "fast",
        at: [
          { t: 4, detections: [box(5, 0.6, 0)] },
          { t: 16, detections: [box(1, 0.9, 0), box(58, 0.37, 1)] },
        ],
      },
    ],
    scoreThreshold: 0.25,
  };
}

export function operationEnergy(): OperationEnergyData {
  return {
    costs: [float32Cost, int32Cost].map((cost) => ({
      cost,
      networks: [
        { network: "DNN", totalPicojoules: 240e6 * cost.macPicojoules },
        ...[
          { network: "layer, IBT", timeSteps: 256, acs: 3.1e9 },
          { network: "channel, IBT", timeSteps: 256, acs: 8.2e9 },
          { network: "fast", timeSteps: 32, acs: 1.6e9 },
        ].map(({ network, timeSteps, acs }) => ({
          network,
          timeSteps,
          totalPicojoules: 21e6 * cost.macPicojoules + acs * cost.acPicojoules,
          oneStepPicojoules: (acs / timeSteps) * cost.acPicojoules,
        })),
      ],
    })),
  };
}

export function layerError(): LayerErrorData {
  const layers = ["leaky0", "leaky2", "leaky4", "leaky6", "region7_readout"];
  const at = (steps: readonly number[], scale: number) =>
    steps.map((t) => ({ t, errors: layers.map((_, i) => (scale * (1 + i)) / t ** 0.7) }));
  return {
    layers,
    configurations: [
      { configuration: "channel, IBT", at: at([16, 64, 256], 3) },
      { configuration: "fast", at: at([8, 16, 32], 0.4) },
    ],
  };
}

export function operationsOverTime(): OperationsOverTimeData {
  const at = (perStep: number, last: number) => powersOfTwo(last).map((t) => ({ t, acs: perStep * t ** 1.05 }));
  return {
    dnnMacs: 240e6,
    costs: [float32Cost, int32Cost],
    configurations: [
      { configuration: "layer, IBT", at: at(1e7, 8) },
      { configuration: "channel, IBT", at: at(3e7, 8) },
      { configuration: "fast", at: at(4.5e7, 5) },
    ],
  };
}

export function layerActivity(): LayerActivityData {
  const random = seededRandom(6);
  const populations = ["leaky0", "leaky2", "leaky4", "region7_readout"];
  const convolutions = ["conv2", "conv4", "conv6"];
  const configuration = (name: string, timeSteps: number, scale: number) => ({
    configuration: name,
    timeSteps,
    firing: populations.map((layer) => ({ layer, spikesPerNeuronStep: scale * random() })),
    synapses: convolutions.map((layer) => ({ layer, acsPerMacStep: scale * random() })),
  });
  return { configurations: [configuration("layer, IBT", 256, 0.05), configuration("fast", 32, 0.2)] };
}

/** Nine unlike cores, a layer on each of three, and one that fits on none. */
export function placement(): Placement {
  const stages = [4, 0, 8].map((core, i) => ({ layer: `conv${i}`, cores: 1, first: core, last: core }));
  return { stages, homeless: ["conv3"], cores: 4, chips: 1, coresPerChip: 9 };
}

export function fit(): Fit {
  const facts = { target: "speck", label: "Speck 2f, DYNAP-CNN", fits: false, cores: null, chips: null } as const;
  return { ...facts, rules: [], placement: placement(), host: [], notes: [] };
}

/** A first frame, frames at rest, and one that changes all over. */
export function videoEnergy(): VideoEnergyData {
  const frames = Array.from({ length: 40 }, (_, k): VideoFrameEnergy => {
    const acsPerMac = k === 0 ? 1.6 : k === 25 ? 0.9 : 0.05 + 0.03 * Math.abs(Math.sin(k));
    const [arithmetic, memory] = [0.5 * acsPerMac, 0.2 + 0.9 * acsPerMac];
    return { seconds: k / 10, acsPerMac, ofDnn: [arithmetic, memory], ofQuantized: [4 * arithmetic, 2 * memory] };
  });
  return { video: "street.mp4", models: ["32-bit floats", "memory, 8 KiB blocks"], frames };
}

export function frontier(): readonly FrontierPoint[] {
  const pace = { fast: 0.3, "threshold balancing": 4, "a line with a long name, n = 6": 0.5 };
  return ["one", "another"].flatMap((network, n) =>
    Object.entries(pace).flatMap(([line, half]) =>
      [1, 2, 4, 8].map((t): FrontierPoint => {
        const acPerMac = 0.4 * t + 0.2 * n;
        const share = (1.02 * acPerMac) / (acPerMac + half / 4);
        return {
          network,
          data: "VOC 2007",
          pictures: line === "fast" ? 100 : 40,
          dnn: 0.4 + 0.1 * n,
          line,
          setting: "",
          t,
          latency: line === "fast" ? t + 18 : t,
          share,
          low: share - 0.04,
          high: share + 0.03,
          outputError: 1 - share / 1.02,
          acPerMac,
        };
      }),
    ),
  );
}
