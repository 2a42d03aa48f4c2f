/** The commands, and the program that holds them. */
import { Command } from "commander";
import { version } from "../core/version.ts";
import { refuseEmptyValues } from "./options.ts";

interface Entry {
  readonly summary: string;
  /** Declares the command's arguments, options and action on `command`. */
  readonly load: () => Promise<(command: Command) => void>;
}

export const commands: Readonly<Record<string, Entry>> = {
  scenes: {
    summary: "write a generated data set of street scenes with ground truth",
    load: async () => (await import("./commands/scenes.ts")).declare,
  },
  detect: {
    summary: "what DNN and spiking network find on pictures, step by step",
    load: async () => (await import("./commands/detect.ts")).declare,
  },
  convert: {
    summary: "make a spiking network of a darknet detector",
    load: async () => (await import("./commands/convert.ts")).declare,
  },
  inspect: {
    summary: "layers, shapes, parameters and operations of a model",
    load: async () => (await import("./commands/inspect.ts")).declare,
  },
  train: {
    summary: "train a detector from a darknet cfg on any VOC or COCO data set",
    load: async () => (await import("./commands/train.ts")).declare,
  },
  evaluate: {
    summary: "mAP of DNN and spiking network over a data set, against time steps",
    load: async () => (await import("./commands/evaluate.ts")).declare,
  },
  worker: {
    summary: "do pictures of evaluations that others run with --queue, on this machine",
    load: async () => (await import("./commands/worker.ts")).declare,
  },
  energy: {
    summary: "operations and energy of DNN and spiking network, and when the latter stops paying",
    load: async () => (await import("./commands/energy.ts")).declare,
  },
  fit: {
    summary: "whether a detector fits a neuromorphic chip, rule by rule, and where its layers would go",
    load: async () => (await import("./commands/fit.ts")).declare,
  },
  export: {
    summary: "the detector before conversion, or the spiking network, as a file that other programs read",
    load: async () => (await import("./commands/export.ts")).declare,
  },
  report: {
    summary: "figures and tables of the paper for any model and data set, as one page",
    load: async () => (await import("./commands/report.ts")).declare,
  },
  score: {
    summary: "mAP of somebody's detections, VOC or COCO",
    load: async () => (await import("./commands/score.ts")).declare,
  },
  lab: {
    summary: "watch detections emerge from spikes, in a browser tab",
    load: async () => (await import("./commands/lab.ts")).declare,
  },
  bench: {
    summary: "measured speeds of the event engine on this machine",
    load: async () => (await import("./commands/bench.ts")).declare,
  },
};

export function createProgram(): Command {
  return new Command("spiking-yolo")
    .description(
      "Give it a trained YOLO; get a spiking one, and the truth about its accuracy, its time steps and its energy.",
    )
    .version(version)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .hook("preAction", (_, command) => refuseEmptyValues(command));
}

/** @param isWhole with arguments, options and action; else only what the list of commands says of it. */
export async function addCommand(program: Command, name: string, isWhole: boolean): Promise<Command> {
  const entry = commands[name];
  const command = program.command(name).description(entry.summary).copyInheritedSettings(program);
  if (isWhole) (await entry.load())(command);
  // Last, since help lists options in this order: what is required first, what few need last.
  return command.option("--debug", "print the stack of an error");
}
