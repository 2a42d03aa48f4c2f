/** The guided tour: five things to look at, each beside the thing itself, and what the page does meanwhile. */
import type { NeuronKind } from "../../../src/index.ts";

/** What a step may do with the page. */
export interface TourActions {
  /** Plays the run from its start; shows its end to those who ask for reduced motion. */
  play(): void;
  /** Shows the run's last step. */
  showEnd(): void;
  /** Explains a neuron in the middle of the network. */
  chooseNeuron(): void;
  /** Lays the first channel's spikes over the picture; gives what takes them away again. */
  showChannel(): () => void;
}

export interface TourStep {
  /** Value of the `data-tour` attribute. */
  readonly target: string;
  /** What of it is shown where the whole has no room beside the tour's panel. */
  readonly part: string;
  readonly title: string;
  /** Of the network that is shown. */
  readonly text: (shown: ShownNetwork) => string;
  /** Gives what undoes it when the step is left. */
  readonly act: (actions: TourActions) => (() => void) | undefined;
}

export interface ShownNetwork {
  readonly neuron: NeuronKind;
  readonly timeSteps: number;
  /** Whether first spikes weigh more. */
  readonly hasPhases: boolean;
}

const isPapers = ({ neuron }: ShownNetwork) => neuron !== "takeback" && neuron !== "tracker";

export const tourSteps: readonly TourStep[] = [
  {
    target: "pictures",
    part: 'figure[data-mark="a"]',
    title: "Two networks, one set of weights",
    text: () =>
      "A trained detector, the DNN, looks at the picture once. Beside it the same weights run as a spiking network: its neurons exchange nothing but spikes, step after step. Dashed frames are what the DNN finds, and where the spiking network should arrive.",
    act: ({ play }) => void play(),
  },
  {
    target: "time",
    part: ".slider",
    title: "Time is the price",
    text: (shown) =>
      `It plays now; drag the slider back and forth. A value of 0.37 takes several spikes to say, so boxes are wild at first and settle as t grows. ${
        shown.hasPhases
          ? `Here first spikes weigh more, like the digits of a number, and ${shown.timeSteps} steps suffice; where all weigh the same it takes tens of steps, with the paper’s neuron hundreds to thousands.`
          : `Here every spike weighs the same, and ${shown.timeSteps} steps are run. Where first spikes weigh more, as in the fast mode, eight steps suffice.`
      }`,
    act: ({ play }) => void play(),
  },
  {
    target: "raster",
    part: ".raster",
    title: "Integrate, fire, subtract",
    text: (shown) =>
      `Each line is a neuron, each mark a spike. A neuron collects current in its membrane potential, drawn below; at a threshold it fires, and what the spike stands for is subtracted. ${
        isPapers(shown)
          ? "To send −1 costs ten times as much as +1: that imbalance makes a leaky ReLU out of spikes."
          : "These neurons send whatever number their function of all charge so far calls for, and take back what was too much."
      }${shown.hasPhases ? " Wider marks are spikes that weigh more." : ""}`,
    act: ({ chooseNeuron }) => void chooseNeuron(),
  },
  {
    target: "rates",
    part: ".channels",
    title: "Every channel gets a voice",
    text: () =>
      "Weights are normalized channel by channel, so that each channel uses the range of firing rates. The first channel’s spikes lie over the picture now; choose another. “Channel-wise | layer-wise” at the top shows weak channels fall silent.",
    act: ({ showChannel }) => showChannel(),
  },
  {
    target: "energy",
    part: ".chart",
    title: "What it costs, told honestly",
    text: () =>
      "A spike costs an addition where the DNN pays a multiplication, but spikes go on for as long as the run does. Where a line crosses the DNN’s, the advantage is spent: the table says at which step.",
    act: ({ showEnd }) => void showEnd(),
  },
];
