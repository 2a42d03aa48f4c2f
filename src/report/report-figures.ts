/** All figures of a report, from the study and the evaluation. */
import { energyPicojoules, type OperationCost } from "../metrics/energy.ts";
import type { EnergyModel } from "../metrics/energy-models/model.ts";
import { profileEnergy } from "../metrics/energy-profile.ts";
import type { SimulatedFacts } from "./collect/simulated-facts.ts";
import type { Study } from "./collect/study.ts";
import { type AccuracyData, accuracyFigure } from "./figures/accuracy.ts";
import { channelActivationFigure } from "./figures/channel-activation.ts";
import { channelRatesFigure } from "./figures/channel-rates.ts";
import { detectionsFigure, type LabelledBox } from "./figures/detections.ts";
import type { Canvas, Figure } from "./figures/figure.ts";
import { type FrontierPoint, frontierFigure } from "./figures/frontier.ts";
import { layerActivityFigure } from "./figures/layer-activity.ts";
import { layerErrorFigure } from "./figures/layer-error.ts";
import { operationEnergyFigure } from "./figures/operation-energy.ts";
import { operationsOverTimeFigure } from "./figures/operations-over-time.ts";
import { rasterFigure } from "./figures/raster.ts";
import { rateDistributionFigure } from "./figures/rate-distribution.ts";
import { type VideoEnergyData, videoEnergyFigure } from "./figures/video-energy.ts";

/** A picture as figure 6 shows it. */
export interface ShownPicture {
  readonly name: string;
  /** `data:` URI. */
  readonly uri: string;
  readonly width: number;
  readonly height: number;
  readonly truth: readonly LabelledBox[];
}

/** What figures of single neurons, pictures and operations are drawn from. */
export interface StudyData {
  readonly study: Study;
  /** Those of the study, in its order. */
  readonly pictures: readonly ShownPicture[];
  readonly classNames: readonly string[];
  readonly costs: readonly OperationCost[];
  /** Energy models besides those that are known. */
  readonly models?: readonly EnergyModel[];
  /** Detections that score above this are drawn. */
  readonly scoreThreshold: number;
}

export interface ReportFiguresData extends StudyData {
  readonly accuracy: AccuracyData;
  /** Other ways to convert, measured before; where there is a file of them. */
  readonly frontier?: readonly FrontierPoint[];
  /** Of a video's frames, where one is named. */
  readonly videoEnergy?: VideoEnergyData;
}

/** Steps that figure 6 shows, and those that figure 8 does. */
const shownSteps = 5;

export const figureNumbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const;
export type FigureNumber = (typeof figureNumbers)[number];
/** What a figure is drawn from: an evaluation, a file of points, a video, or, all others, the study. */
export const evaluationFigures = [5] as const satisfies readonly FigureNumber[];
export type EvaluationFigure = (typeof evaluationFigures)[number];
export const frontierFigureNumber = 11;
export const videoFigureNumber = 12;
export type StudyFigure = Exclude<
  FigureNumber,
  EvaluationFigure | typeof frontierFigureNumber | typeof videoFigureNumber
>;

type DrawStudy = (data: StudyData, canvas: Canvas) => readonly Figure[];

const drawFromEvaluation: { readonly [N in EvaluationFigure]: (data: AccuracyData, canvas: Canvas) => Figure } = {
  5: accuracyFigure,
};

const drawFromStudy: { readonly [N in StudyFigure]: DrawStudy } = {
  1: ({ study: { layers, percentile } }, canvas) => [channelActivationFigure({ layers, percentile }, canvas)],
  2: ({ study }, canvas) => {
    const distributions = ofEach(study, ({ neuronRates, timeSteps }) => ({ rates: neuronRates, timeSteps }));
    return [rateDistributionFigure({ ...study.focusChannel, distributions }, canvas)];
  },
  3: ({ study }, canvas) => {
    const configurations = ofEach(study, ({ channelRates, timeSteps }) => ({ rates: channelRates, timeSteps }));
    return [channelRatesFigure({ layer: study.focus.ratesLayer, configurations }, canvas)];
  },
  4: ({ study }, canvas) => {
    const rasters = ofEach(study, ({ raster }) => ({ spikes: raster }));
    return [rasterFigure({ ...study.focus.raster, rasters }, canvas)];
  },
  6: (data, canvas) =>
    data.pictures.map((_, picture) => detectionsFigure(detectionsData(data, picture), picture, canvas)),
  7: ({ study, costs }, canvas) => [
    operationEnergyFigure({ costs: costs.map((cost) => networkEnergies(study, cost)) }, canvas),
  ],
  8: ({ study }, canvas) => [layerErrorFigure(layerErrors(study), canvas)],
  9: ({ study, costs }, canvas) => {
    const configurations = ofEach(study, ({ operations }) => ({ at: operations }));
    return [operationsOverTimeFigure({ dnnMacs: study.dnn.macs, costs, configurations }, canvas)];
  },
  10: ({ study }, canvas) => [layerActivityFigure(layerActivities(study), canvas)],
};

/** The figure of that number; of number 6 one a picture. */
export function figuresOf(
  number: FigureNumber,
  data: {
    readonly study?: StudyData | undefined;
    readonly accuracy?: AccuracyData | undefined;
    readonly frontier?: readonly FrontierPoint[] | undefined;
    readonly videoEnergy?: VideoEnergyData | undefined;
  },
  canvas: Canvas,
): readonly Figure[] {
  if (number === frontierFigureNumber) return data.frontier ? [frontierFigure(data.frontier, canvas)] : [];
  if (number === videoFigureNumber) return data.videoEnergy ? [videoEnergyFigure(data.videoEnergy, canvas)] : [];
  if (isOfEvaluation(number)) return data.accuracy ? [drawFromEvaluation[number](data.accuracy, canvas)] : [];
  return data.study ? drawFromStudy[number](data.study, canvas) : [];
}

export function isOfStudy(number: FigureNumber): number is StudyFigure {
  return number !== frontierFigureNumber && number !== videoFigureNumber && !isOfEvaluation(number);
}

export function isOfEvaluation(number: FigureNumber): number is EvaluationFigure {
  return evaluationFigures.some((other) => other === number);
}

export function reportFigures(data: ReportFiguresData, canvas: Canvas): readonly Figure[] {
  return figureNumbers.flatMap((number) => figuresOf(number, { ...data, study: data }, canvas));
}

function ofEach<T>({ networks }: Study, of: (facts: SimulatedFacts) => T) {
  return networks.map((facts) => ({ configuration: facts.configuration, ...of(facts) }));
}

function detectionsData(
  { study, pictures, classNames, scoreThreshold }: StudyData,
  picture: number,
): Parameters<typeof detectionsFigure>[0] {
  const { name, uri, width, height, truth } = pictures[picture];
  return {
    picture: name,
    pictureUri: uri,
    width,
    height,
    classNames,
    truth,
    dnn: study.dnnDetections[picture],
    configurations: study.networks.map(({ configuration, detections }) => ({
      configuration,
      at: detections[picture].slice(-shownSteps),
    })),
    scoreThreshold,
  };
}

function networkEnergies({ dnn, networks }: Study, cost: OperationCost) {
  const spiking = networks.map(({ configuration, timeSteps, operations }) => {
    const { acs } = operations[operations.length - 1];
    const [{ snn }] = profileEnergy(dnn, operations, [cost]);
    return {
      network: configuration,
      timeSteps,
      totalPicojoules: snn[snn.length - 1].totalPicojoules,
      oneStepPicojoules: energyPicojoules({ macs: 0, acs: acs / timeSteps }, cost),
    };
  });
  return {
    cost,
    networks: [{ network: "DNN", totalPicojoules: energyPicojoules({ macs: dnn.macs, acs: 0 }, cost) }, ...spiking],
  };
}

function layerErrors({ networks }: Study) {
  return {
    layers: [...networks[0].errors[0].byLayer.keys()],
    configurations: networks.map(({ configuration, errors }) => ({
      configuration,
      // Every other of the last five: enough to see it fall.
      at: errors
        .slice(-shownSteps)
        .filter((_, i, shown) => (shown.length - 1 - i) % 2 === 0)
        .map(({ t, byLayer }) => ({ t, errors: [...byLayer.values()] })),
    })),
  };
}

function layerActivities({ dnn, networks, neurons }: Study) {
  const macs = new Map(dnn.layers.map((layer) => [layer.name, layer.macs]));
  return {
    configurations: networks.map(({ configuration, timeSteps, spikes, synOps }) => ({
      configuration,
      timeSteps,
      firing: [...neurons].map(([layer, count]) => ({
        layer,
        spikesPerNeuronStep: (spikes.get(layer) as number) / (count * timeSteps),
      })),
      synapses: [...macs]
        .filter(([layer]) => networks.some((facts) => (facts.synOps.get(layer) ?? 0) > 0))
        .map(([layer, ofDnn]) => ({ layer, acsPerMacStep: (synOps.get(layer) ?? 0) / (ofDnn * timeSteps) })),
    })),
  };
}
