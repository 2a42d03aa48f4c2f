/** The pages of the site: where each stands, and what it is made of. Texts are those of README, docs and models. */

/** A file of the repository, whole, or some of its sections: `""` is what comes before the first. */
export interface Source {
  readonly file: string;
  readonly sections?: readonly string[];
}

/** Markdown that is made of the program's tables and types. */
export type Generated =
  | "api"
  | "commands"
  | "layers"
  | "neurons"
  | "functions"
  | "heads"
  | "energy-models"
  | "chips"
  | "examples";

export interface Page {
  /** In the site, with its ending. */
  readonly path: string;
  readonly title: string;
  /** A line for lists of pages. */
  readonly about: string;
  readonly of: readonly Source[] | Generated;
}

export interface Group {
  readonly title: string;
  readonly pages: readonly Page[];
}

const doc = (path: string, title: string, about: string, ...files: readonly string[]): Page => ({
  path: `${path}.html`,
  title,
  about,
  of: files.map((file) => ({ file })),
});
const table = (name: Generated, title: string, about: string): Page => ({
  path: `reference/${name}.html`,
  title,
  about,
  of: name,
});

export const home: Page = {
  path: "index.html",
  title: "spiking-yolo",
  about: "Give it a trained YOLO; get a spiking one",
  of: [{ file: "README.md", sections: [""] }],
};

/** @param decisions files of `docs/decisions`, in order. */
export function groupsOf(decisions: readonly string[]): readonly Group[] {
  return [
    {
      title: "Start",
      pages: [
        doc("start", "Start in five minutes", "Install it, detect, look, convert", "docs/start.md"),
        doc("install", "Installing", "What an installation brings, and how to bring it down", "docs/install.md"),
        table("examples", "Examples", "Small programs on the library"),
      ],
    },
    {
      title: "Guides",
      pages: [
        {
          path: "guides/own-yolo.html",
          title: "Your own YOLO",
          about: "From an ONNX export or darknet's files to boxes made of spikes",
          of: [{ file: "README.md", sections: ["With your own detector", "In your own program"] }],
        },
        doc("guides/report", "A paper's figures", "Every figure and table for your model and data", "docs/report.md"),
        doc("guides/video", "Video", "Where only change costs", "docs/video.md"),
        doc(
          "guides/hardware",
          "Hardware",
          "Whether it fits a neuromorphic chip, and where its layers go",
          "docs/fit.md",
        ),
        doc("guides/nir", "Other simulators", "The network as NIR, for chips' tools", "docs/nir.md"),
        doc("guides/many-machines", "Many machines", "One result of shards or a queue", "docs/many-machines.md"),
        doc("guides/training", "Training", "A detector, or a spiking one, in Node.js", "docs/training.md"),
        doc("guides/lab", "The lab", "Watch detections emerge, in a browser tab", "docs/lab.md"),
      ],
    },
    {
      title: "Concepts",
      pages: [
        doc(
          "concepts/one-neuron",
          "One neuron",
          "Membrane, threshold, spike: a neuron to play with",
          "docs/one-neuron.md",
        ),
        doc("concepts/few-steps", "A few steps", "How eight steps come to suffice", "docs/few-steps.md"),
        doc("concepts/energy", "Energy", "What energy figures mean", "docs/energy.md"),
        doc("concepts/glossary", "Glossary", "The words", "docs/glossary.md"),
      ],
    },
    {
      title: "Reference",
      pages: [
        table("commands", "Commands", "Every command with all of its options"),
        table("api", "Library", "Everything that the package exports"),
        doc("reference/onnx", "ONNX", "Families, layouts, operators, networks tried", "docs/onnx.md"),
        table("layers", "Layers", "What a graph is made of"),
        table("neurons", "Neurons", "The kinds, and how each fires"),
        table("functions", "Functions", "Activation functions that neurons follow"),
        table("heads", "Heads", "How boxes are read"),
        table("energy-models", "Energy models", "Nine models, with their sources"),
        table("chips", "Chips", "Rules of neuromorphic chips, with their sources"),
        doc("reference/evaluation", "Evaluation", "How evaluation counts; data sets", "docs/evaluation.md"),
        doc("reference/model-file", "Model file", "To be read in any language", "docs/model-file.md"),
      ],
    },
    {
      title: "Results",
      pages: [
        doc("results/results", "Results", "What was measured, with the commands", "docs/results.md"),
        doc("results/scenes", "The model scenes", "The detector that comes with the package", "models/scenes.md"),
        doc(
          "results/scenes-spiking",
          "The model scenes-spiking",
          "Its twin of three steps",
          "models/scenes-spiking.md",
        ),
        doc("results/akida", "The model akida", "A small one in 4 bits, for a chip", "models/akida.md"),
      ],
    },
    {
      title: "Inside",
      pages: [
        doc("inside/architecture", "Architecture", "How it is built", "docs/architecture.md"),
        doc("inside/kernels", "Kernels", "Variants, and what each buys", "docs/kernels.md"),
        doc("inside/decisions", "Decisions", "Why it is built so", "docs/decisions/README.md", ...decisions),
        doc("inside/contributing", "Contributing", "Recipes", "CONTRIBUTING.md"),
        doc("inside/changes", "Changes", "What is new", "CHANGELOG.md"),
      ],
    },
  ];
}
