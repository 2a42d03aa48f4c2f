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
    text: "A trained detector, the DNN, looks at the picture once. Beside it the same weights run as a spiking network: its neurons exchange nothing but spikes, step after step. Dashed frames are what the DNN finds, and where the spiking network should arrive.",
  },
  {
    target: "time",
    title: "Time is the price",
    text: "Press play, or drag the slider back and forth. A value of 0.37 takes several spikes to say, so boxes are wild at first and settle as t grows. In the fast mode first spikes weigh more, like the digits of a number, and eight steps suffice; where all spikes weigh the same it takes tens of steps, with the paper’s neuron hundreds to thousands.",
  },
  {
    target: "raster",
    title: "Integrate, fire, subtract",
    text: "Each line is a neuron, each mark a spike. A neuron collects current in its membrane potential, drawn below; at a threshold it fires, and what the spike stands for is subtracted. To send −1 costs ten times as much as +1: that imbalance makes a leaky ReLU out of spikes. That is the paper’s neuron. The fast mode’s neurons send whatever number their function of all charge so far calls for, and take back what was too much; wider marks are spikes that weigh more.",
  },
  {
    target: "rates",
    title: "Every channel gets a voice",
    text: "Weights are normalized channel by channel, so that each channel uses the range of firing rates. Choose a channel to see on the picture where it fires; choose “Channel-wise | layer-wise” at the top to see weak channels fall silent.",
  },
  {
    target: "energy",
    title: "What it costs, told honestly",
    text: "A spike costs an addition where the DNN pays a multiplication, but spikes go on for as long as the run does. Where a line crosses the DNN’s, the advantage is spent: the table says at which step.",
  },
];
