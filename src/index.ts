/** The library: everything that a program may import from "spiking-yolo". */
export { decodeImage, encodePng, rasterizeSvg } from "#platform";
export { assignNeurons, type NeuronOptions } from "./convert/assign-neurons.ts";
export { calibrate, convert, defaultMode, toSpiking } from "./convert/convert.ts";
export { foldBatchNorm } from "./convert/fold-batch-norm.ts";
export { type MeasureOptions, measureActivations } from "./convert/measure-activations.ts";
export { type ConversionSettings, conversionSettings, type Mode, modes } from "./convert/modes.ts";
export { type NormalizeOptions, normalizeWeights } from "./convert/normalize-weights.ts";
export { placePopulations } from "./convert/place-populations.ts";
export { quantizeWeights } from "./convert/quantize-weights.ts";
export { type Box, type Detection, intersectionOverUnion } from "./core/box.ts";
export {
  ArgumentError,
  ConversionError,
  EngineError,
  ImportError,
  ShapeError,
  SpikingYoloError,
} from "./core/errors.ts";
export type { PictureSize } from "./core/picture-size.ts";
export { type DecodeOptions, fromRgba, type Pixels, toRgba } from "./core/pixels.ts";
export type { Filter, Fit, Preprocessing } from "./core/preprocessing.ts";
export { type Random, seededRandom } from "./core/random.ts";
export { type DType, type FloatTensor, floatTensor, relativeError, type Tensor, tensor } from "./core/tensor.ts";
export { likelyClassNames } from "./data/known-classes.ts";
export { type SceneClass, sceneClasses } from "./data/scenes/classes.ts";
export {
  type CameraMotion,
  type MovingScene,
  type MovingSceneOptions,
  movingScene,
} from "./data/scenes/moving.ts";
export { renderScene } from "./data/scenes/render.ts";
export { generateScene, type Scene, type SceneObject, type SceneOptions } from "./data/scenes/scene.ts";
export {
  type DetectionOptions,
  displayThresholds,
  evaluationThresholds,
  outputError,
  readDetections,
} from "./detections/detections.ts";
export { defaultPatience, hasSettled, settledIou, settledReading, settledScore } from "./detections/settling.ts";
export { type DnnOptions, type DnnOutputs, type DnnSession, openDnn } from "./dnn/dnn-session.ts";
export { graphToOnnx } from "./dnn/graph-to-onnx.ts";
export {
  type Candidate,
  type Choice,
  type ChoosingOptions,
  chooseSettings,
  type SearchSpace,
  searchSpaceFor,
  splitPictures,
} from "./evaluate/choose-settings.ts";
export type { Exported, ExportOptions } from "./exporters/exporter.ts";
export { exportNir } from "./exporters/nir/export-nir.ts";
export {
  type Decoding,
  type Encoding,
  type Graph,
  headsOf,
  inferShapes,
  inputOf,
  isSpiking,
  layerMacs,
  layerParameters,
  type SimulationSettings,
  type SpikingGraph,
} from "./graph/graph.ts";
export type * from "./graph/layers.ts";
export { decodeModel, encodeModel, type Model } from "./graph/model-file.ts";
export type { Head, RegionHead, YoloHead } from "./heads/head.ts";
export { decodeHead } from "./heads/heads.ts";
export { nonMaxSuppression } from "./heads/nms.ts";
export { colorOf, drawSheet, type Panel, type Sheet } from "./image/draw.ts";
export { type LabelPlace, placeLabels } from "./image/place-labels.ts";
export { type NetworkInput, preprocess } from "./image/preprocess.ts";
export { resizePixels } from "./image/resize.ts";
export {
  type DarknetFiles,
  type DarknetOptions,
  importDarknet,
  parseNames,
} from "./importers/darknet/import-darknet.ts";
export { importNir, type NirOptions } from "./importers/nir/import-nir.ts";
export { type FamilyName, familyNames } from "./importers/onnx/families.ts";
export { importOnnx, type OnnxOptions } from "./importers/onnx/import-onnx.ts";
export { type BreakEven, breakEvenSteps } from "./metrics/break-even.ts";
export {
  breakEvenRatio,
  energyPicojoules,
  float32Cost,
  int8Cost,
  int32Cost,
  type OperationCost,
  type SpikingEnergy,
  spikingEnergy,
} from "./metrics/energy.ts";
export {
  type EnergyEstimate,
  type EnergyModel,
  type EnergyParts,
  estimateEnergy,
  totalOf,
  type Verdict,
} from "./metrics/energy-models/model.ts";
export { energyModels } from "./metrics/energy-models/models.ts";
export { type NetworkWork, networkWork } from "./metrics/energy-models/work.ts";
export { type CostProfile, type OperationsAt, profileEnergy } from "./metrics/energy-profile.ts";
export { channelRates } from "./metrics/firing-rates.ts";
export { frameMacs } from "./metrics/frame-macs.ts";
export type { NeuroBenchResults, SynapticOperations } from "./metrics/neurobench.ts";
export { type DnnOperations, dnnOperations, type SpikingOperations, spikingOperations } from "./metrics/operations.ts";
export { toCsv } from "./report/csv.ts";
export type { Canvas, Figure, Row } from "./report/figures/figure.ts";
export { type RateDistributionData, rateDistributionFigure } from "./report/figures/rate-distribution.ts";
export { neuroBench } from "./report/neurobench.ts";
export {
  type Checkpoint,
  type Engine,
  type LayerActivity,
  latencyOf,
  type Recording,
  type RunOptions,
  type Session,
} from "./snn/engine.ts";
export { type EventEngineOptions, eventEngine } from "./snn/engines/event/event-engine.ts";
export { referenceEngine } from "./snn/engines/reference/reference-engine.ts";
export {
  type GpuEntry,
  type WebGpuEngine,
  type WebGpuEngineOptions,
  webGpuEngine,
} from "./snn/engines/webgpu/webgpu-engine.ts";
export { type Arrival, explainNeuron, type NeuronExplanation, type NeuronStep } from "./snn/explain/explain-neuron.ts";
export type { Cell } from "./snn/explain/neuron-inputs.ts";
export { neuronModels } from "./snn/neuron.ts";
export { phasesOf, stepWeight } from "./snn/phases.ts";
export { type SimulatedCheckpoint, type SimulateOptions, simulate } from "./snn/simulate.ts";
export { type Finding, type Fit as ChipFit, fitTo } from "./targets/fit.ts";
export type { Placement } from "./targets/place.ts";
export { type ChipNetwork, stagesOf } from "./targets/stages.ts";
export type { Target } from "./targets/target.ts";
export { type TargetName, targets } from "./targets/targets.ts";
