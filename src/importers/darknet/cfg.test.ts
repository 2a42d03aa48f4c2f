/** Constructs of cfgs as people have them, one by one: what each comes to, and what is told of it. */
import { expect, test } from "vitest";
import { decodeText } from "../../core/text.ts";
import type { Layer } from "../../graph/layers.ts";
import { importDarknet } from "./import-darknet.ts";

const net = "[net]\nwidth=16\nheight=16\nchannels=3\n";
const conv = "[convolutional]\nfilters=8\nsize=3\nstride=1\npad=1\nactivation=leaky\n";
const last = "[convolutional]\nfilters=14\nsize=1\nactivation=linear\n";
const head = "[region]\nanchors=1.5,1.5, 4,6\nclasses=2\nnum=2\nsoftmax=1\n";
const plain = `${net}${conv}${last}${head}`;

function imported(cfg: string) {
  const remarks: string[] = [];
  const graph = importDarknet({ cfg }, { remark: (line) => remarks.push(line) });
  return { graph, remarks };
}

const expected = imported(plain).graph;

const utf16 = (text: string, mark: boolean) => {
  const units = Uint16Array.from((mark ? `\uFEFF${text}` : text).split(""), (letter) => letter.charCodeAt(0));
  return decodeText(new Uint8Array(units.buffer), "c.cfg");
};

test.each([
  ["CRLF", plain.replaceAll("\n", "\r\n")],
  ["CR only", plain.replaceAll("\n", "\r")],
  ["a byte order mark", `\uFEFF${plain}`],
  ["UTF-16", utf16(plain, true)],
  ["UTF-16 without a mark", utf16(plain, false)],
  ["spaces, tabs and capitals", plain.replaceAll("=", "\t = ").replaceAll("[c", "  [C")],
  ["comments behind values and headers", plain.replaceAll("=1\n", "=1 # one\n").replaceAll("]\n", "] ; and so on\n")],
  ["comments with slashes", `// a network\n${plain.replaceAll("stride=1", "//stride=2\nstride=1 // not 2")}`],
  ["a section that is commented out", plain.replace(last, `# [maxpool]\n# size=2\n${last}`)],
  ["[network]", plain.replace("[net]", "[network]")],
  ["[conv]", plain.replaceAll("[convolutional]", "[conv]")],
  ["pad as any number but 0", plain.replace("pad=1", "pad=3")],
  ["surplus anchors", plain.replace("4,6", "4,6, 8,8")],
  [
    "options of training",
    plain
      .replace("[region]", "[region]\njitter=.2\nrescore=1\nthresh=.5")
      .replace(net, `${net}batch=64\npolicy=steps\nmosaic=1\n`),
  ],
  ["no blank lines, no line end", plain.trimEnd()],
])("%s: the same network, and nothing to tell", (_name, cfg) => {
  const { graph, remarks } = imported(cfg);
  expect(graph.layers).toEqual(expected.layers);
  expect(remarks).toEqual([]);
});

test("the first of two values counts, and both unknown options and empty talk are told", () => {
  const cfg = plain
    .replace("width=16", "width=16\nwidth=32\nfoo=bar")
    .replace("filters=8", "filters=8\nname=conv1\nfilters=9")
    .replace(last, `---------\n${last}`);
  const { graph, remarks } = imported(cfg);
  expect(graph.layers).toEqual(expected.layers);
  expect(remarks).toEqual([
    "cfg says twice, where the first counts as in darknet: 2 (width in line 3, filters in line 10)",
    "cfg has lines that say nothing: 1 (line 15)",
    "cfg has options that are not used: 2 (foo of [net] in line 1, name of [convolutional] in line 7)",
  ]);
});

test("letter_box=1 is a letterbox, unless asked otherwise", () => {
  const cfg = plain.replace(net, `${net}letter_box=1\n`);
  expect(imported(cfg).graph.preprocessing).toEqual({ fit: "letterbox", filter: "darknet" });
  expect(imported(plain).graph.preprocessing).toEqual({ fit: "stretch", filter: "darknet" });
  const asked = importDarknet({ cfg }, { preprocessing: { fit: "stretch" } });
  expect(asked.preprocessing).toEqual({ fit: "stretch", filter: "darknet" });
});

test.each([
  ["relu", { fn: "relu" }],
  ["relie", { fn: "leaky", slope: 0.01 }],
  ["relu6", { fn: "clip", min: 0, max: 6 }],
  ["hardtan", { fn: "clip", min: -1, max: 1 }],
  ["ramp", { fn: "ramp" }],
  ["elu", { fn: "elu", alpha: 1 }],
  ["selu", { fn: "selu" }],
  ["logistic", { fn: "sigmoid" }],
  ["loggy", { fn: "loggy" }],
  ["tanh", { fn: "tanh" }],
  ["swish", { fn: "silu" }],
  ["silu", { fn: "silu" }],
  ["mish", { fn: "mish" }],
  ["hard_mish", { fn: "hardMish" }],
  ["h_swish", { fn: "hardSwish" }],
])("activation=%s", (name, activation) => {
  const { graph } = imported(plain.replace("leaky", name));
  expect(graph.layers[2]).toMatchObject({ kind: "activation", activation });
});

test("without an activation, darknet's own: logistic after a convolution, none after a sum", () => {
  const { graph } = imported(
    plain.replace("activation=leaky\n", "").replace(last, `${conv}[shortcut]\nfrom=-2\n${last}`),
  );
  const kinds = graph.layers
    .slice(1, 6)
    .map((layer: Layer) => (layer.kind === "activation" ? layer.activation.fn : layer.kind));
  expect(kinds).toEqual(["convolution", "sigmoid", "convolution", "leaky", "sum"]);
});

test("an anchor without width is taken: its boxes have no area", () => {
  const { graph } = imported(plain.replace("1.5,1.5", "0,1.5"));
  expect(graph.layers.at(-1)).toMatchObject({ anchors: [0, 1.5, 4, 6] });
});

test.each([
  ["dropout", "[dropout]\nprobability=.5\n", 0],
  ["cost", `${head}[cost]\ntype=sse\n`, 1],
])("[%s] does nothing", (_name, section, heads) => {
  const cfg = heads === 0 ? plain.replace(last, section + last) : plain.replace(head, section);
  expect(imported(cfg).graph.layers.map(({ kind }) => kind)).toEqual(expected.layers.map(({ kind }) => kind));
});
