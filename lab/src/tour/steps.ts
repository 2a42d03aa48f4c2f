/** The guided tour: five things to look at, each beside the thing itself. */

export interface TourStep {
  /** Value of the `data-tour` attribute. */
  readonly target: string;
  readonly title: string;
  readonly text: string;
}

export const tourSteps: readonly TourStep[] = [
  {
    target: "pictures",
    title: "Two networks, one set of weights",
    text: "On the left a trained detector (a DNN) looks at the picture once. On the right the same weights run as a spiking network: its neurons exchange nothing but −1, 0 and +1, step after step.",
  },
  {
    target: "time",
    title: "Time is the price",
    text: "Press play, or drag the slider back and forth. A value of 0.37 takes many spikes to say, so boxes are wild at first and settle as t grows. The fast mode needs some 16 to 32 steps, the paper's neuron hundreds to thousands.",
  },
  {
    target: "raster",
    title: "Integrate, fire, give up",
    text: "Each line is a neuron. It collects current in its membrane potential and fires at a threshold. The negative threshold stands ten times as far away: an imbalance that makes the leaky ReLU out of spikes.",
  },
  {
    target: "rates",
    title: "Every channel gets a voice",
    text: "Weights are normalized channel by channel, so that each channel uses the range of firing rates. Compare “Channel-wise | layer-wise” above to see weak channels fall silent. Choose a channel to see where it fires.",
  },
  {
    target: "energy",
    title: "What it costs, told honestly",
    text: "A spike costs an addition where the DNN pays a multiplication, but spikes go on for as long as the run does. The line says at which step the advantage is spent.",
  },
];
