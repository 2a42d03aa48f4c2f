/** All figures of a report, from the study and the evaluation. */
import { energyPicojoules, type OperationCost } from "../metrics/energy.ts";
import { profileEnergy } from "../metrics/energy-profile.ts";
import type { SimulatedFacts } from "./collect/simulated-facts.ts";
import type { Study } from "./collect/study.ts";
import { type AccuracyData, accuracyFigure } from "./figures/accuracy.ts";
import { channelActivationFigure } from "./figures/channel-activation.ts";
import { channelRatesFigure } from "./figures/channel-rates.ts";
import { detectionsFigure } from "./figures/detections.ts";
import type { Canvas, Figure } from "./figures/figure.ts";
import { layerActivityFigure } from "./figures/layer-activity.ts";
import { layerErrorFigure } from "./figures/layer-error.ts";
import { operationEnergyFigure } from "./figures/operation-energy.ts";
import { operationsOverTimeFigure } from "./figures/operations-over-time.ts";
import { rasterFigure } from "./figures/raster.ts";
import { rateDistributionFigure } from "./figures/rate-distribution.ts";

/** A picture as figure 6 shows it. */
export interface ShownPicture {
  readonly name: string;
  /** `data:` URI. */
  readonly uri: string;
  readonly width: number;
  readonly height: number;
}

export interface ReportFiguresData {
  readonly study: Study;
  readonly accuracy: AccuracyData;
  /** Those of the study, in its order. */
  readonly pictures: readonly ShownPicture[];
  readonly classNames: readonly string[];
  readonly costs: readonly OperationCost[];
  /** Detections that score above this are drawn. */
  readonly scoreThreshold: number;
}

/** Steps that figure 6 shows, and those that figure 8 does. */
const shownSteps = 5;

export function reportFigures(data: ReportFiguresData, canvas: Canvas): readonly Figure[] {
  const { study, accuracy, costs } = data;
  const { networks, focus, focusChannel, percentile, layers } = study;
  const each = <T>(of: (facts: SimulatedFacts) => T) =>
    networks.map((facts) => ({ configuration: facts.configuration, ...of(facts) }));
  return [
    channelActivationFigure({ layers, percentile }, canvas),
    rateDistributionFigure(
      { ...focusChannel, distributions: each(({ neuronRates, timeSteps }) => ({ rates: neuronRates, timeSteps })) },
      canvas,
    ),
    channelRatesFigure(
      {
        layer: focus.ratesLayer,
        configurations: each(({ channelRates, timeSteps }) => ({ rates: channelRates, timeSteps })),
      },
      canvas,
    ),
    rasterFigure({ ...focus.raster, rasters: each(({ raster }) => ({ spikes: raster })) }, canvas),
    accuracyFigure(accuracy, canvas),
    ...data.pictures.map((_, picture) => detectionsFigure(detectionsData(data, picture), picture)),
    operationEnergyFigure({ costs: costs.map((cost) => networkEnergies(study, cost)) }, canvas),
    layerErrorFigure(layerErrors(study), canvas),
    operationsOverTimeFigure(
      { dnnMacs: study.dnn.macs, costs, configurations: each(({ operations }) => ({ at: operations })) },
      canvas,
    ),
    layerActivityFigure(layerActivities(study), canvas),
  ];
}

function detectionsData(
  { study, pictures, classNames, scoreThreshold }: ReportFiguresData,
  picture: number,
): Parameters<typeof detectionsFigure>[0] {
  const { name, uri, width, height } = pictures[picture];
  return {
    picture: name,
    pictureUri: uri,
    width,
    height,
    classNames,
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
