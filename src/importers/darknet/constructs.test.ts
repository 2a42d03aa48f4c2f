/** Which of the constructs that public cfgs hold are accepted: one small cfg for each, all written here. */
import { expect, test } from "vitest";
import { importDarknet } from "./import-darknet.ts";

const net = "[net]\nwidth=32\nheight=32\nchannels=3\n";
const conv = (more = "activation=leaky") => `[convolutional]\nfilters=8\nsize=3\nstride=1\npad=1\n${more}\n`;
const last = "[convolutional]\nfilters=14\nsize=1\nactivation=linear\n";
const region = "[region]\nanchors=1,2, 3,4\nclasses=2\nnum=2\nsoftmax=1\n";
const plain = (middle: string) => `${net}${conv()}${middle}${last}${region}`;
const yolo = (more: string, before = last) =>
  `${net}${conv()}${before}[yolo]\nanchors=8,8, 16,16\nnum=2\nclasses=2\n${more}`;
const head = (more: string) => `${net}${conv()}${last}[region]\n${more}`;

/** By construct; those that are refused, with why. */
const constructs: Readonly<Record<string, string | readonly [cfg: string, refusal: RegExp]>> = {
  ...Object.fromEntries(
    [
      "mish",
      "silu",
      "swish",
      "logistic",
      "relu6",
      "h_swish",
      "hardtan",
      "ramp",
      "elu",
      "tanh",
      "relu",
      "linear",
      "leaky",
    ].map((name) => [`activation ${name}`, plain(conv(`activation=${name}`))]),
  ),
  "a function that is none": [plain(conv("activation=toString")), /activation=toString/],
  reorg: plain("[reorg]\nstride=2\n"),
  "partial shortcut": plain(
    `[convolutional]\nfilters=4\nsize=1\nactivation=leaky\n[shortcut]\nfrom=-2\nactivation=linear\n`,
  ),
  "pad as a truth value": plain(conv("pad=3\nactivation=leaky")),
  "batch_normalize as a truth value": plain(conv("batch_normalize=2\nactivation=leaky")),
  "surplus anchors": head("anchors=1,2, 3,4, 5,6\nclasses=2\nnum=2\n"),
  "zero anchors": head("anchors=0,2, 3,4\nclasses=2\nnum=2\n"),
  Gaussian_yolo: `${net}${conv()}[convolutional]\nfilters=22\nsize=1\nactivation=linear\n[Gaussian_yolo]\nanchors=8,8, 16,16\nnum=2\nclasses=2\n`,
  transposed_convolutional: plain("[transposed_convolutional]\nfilters=8\nsize=2\nstride=2\nactivation=leaky\n"),
  "[conv]": plain(conv().replace("convolutional", "conv")),
  "[network]": plain("").replace("[net]", "[network]"),
  avgpool: plain("[avgpool]\n"),
  connected: `${net}${conv()}[connected]\noutput=14\nactivation=linear\n${region}`,
  batchnorm: plain("[batchnorm]\n"),
  new_coords: yolo("new_coords=1\nscale_x_y=2\n", last.replace("linear", "logistic")),
  crop: plain("[crop]\ncrop_width=16\ncrop_height=16\n"),
  scale_channels: plain(
    `[avgpool]\n[convolutional]\nfilters=8\nsize=1\nactivation=logistic\n[scale_channels]\nfrom=-3\n`,
  ),
  sam: plain(`[convolutional]\nfilters=8\nsize=1\nactivation=logistic\n[sam]\nfrom=-2\n`),
  "// comments": plain("//batch=64\n"),
  "comments behind values": plain(conv("activation=leaky # as before")),
  "unknown keys": plain(conv("activation=leaky\nfoo=bar")),
  "a key twice": plain(conv("filters=9\nactivation=leaky")),
  letter_box: plain("").replace("channels=3", "channels=3\nletter_box=1"),
  "grey input": plain("").replace("channels=3", "channels=1"),
  dilation: plain(conv("dilation=2\nactivation=leaky")),
  "stride_x and stride_y": plain(conv("stride_x=2\nstride_y=1\nactivation=leaky")),
  dropout: plain("[dropout]\nprobability=.5\n"),
  cost: `${plain("")}[cost]\n`,
  local: [plain("[local]\nfilters=8\nsize=3\nstride=1\npad=1\nactivation=leaky\n"), /local/],
  detection: [`${net}${conv()}${last}[detection]\nclasses=2\n`, /detection/],
  crnn: [plain("[crnn]\noutput=8\n"), /crnn/],
  xnor: [plain(conv("xnor=1\nactivation=leaky")), /xnor/],
};

const isRefused = (entry: string | readonly [string, RegExp]): entry is readonly [string, RegExp] =>
  typeof entry !== "string";

test.each(Object.entries(constructs))("%s", (_name, entry) => {
  if (isRefused(entry)) expect(() => importDarknet({ cfg: entry[0] })).toThrow(entry[1]);
  else expect(importDarknet({ cfg: entry }).layers.length).toBeGreaterThan(2);
});

test("nine constructs in ten are accepted; three in four were to be", () => {
  const all = Object.values(constructs);
  expect(all.filter((entry) => !isRefused(entry)).length / all.length).toBeGreaterThan(0.88);
});
