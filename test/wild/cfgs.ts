/** Darknet cfgs as people have them: accepted as darknet reads them, or refused by name. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { importDarknet } from "../../src/importers/darknet/import-darknet.ts";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";
import { smallDetector } from "./small-detector.ts";

/** The cfg of a folder, whatever it is called. */
function cfgOf(path: string): string {
  const name = readdirSync(path).find((file) => file !== "README" && !file.endsWith(".weights"));
  return join(path, name as string);
}

/** What `inspect --json` says of the cfg; told remarks must match. */
async function inspected(path: string, remarks: RegExp = /^$/) {
  const { code, stdout, stderr } = await runHere("inspect", cfgOf(path), "--json");
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(remarks);
  return JSON.parse(stdout) as { readonly layers: readonly { readonly name: string; readonly kind: string }[] };
}

/** Layers of the cfg that most folders vary. */
const plain = ["input", "conv0", "norm0", "leaky0", "pool1", "conv2", "norm2", "leaky2", "pool3", "conv4", "region5"];

const same = (folder: string, what: string, remarks?: RegExp): WildCase => ({
  folder,
  expects: `${what}: the same network as without${remarks ? ", and that is told" : ""}`,
  check: async (path) => {
    const { layers } = await inspected(path, remarks);
    expect(layers.map(({ name }) => name)).toEqual(plain);
  },
});

const has = (folder: string, what: string, ...names: readonly string[]): WildCase => ({
  folder,
  expects: `${what} is taken`,
  check: async (path) => {
    const { layers } = await inspected(path);
    expect(layers.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
  },
});

const refused = (folder: string, what: string, message: RegExp): WildCase => ({
  folder,
  expects: `${what} is refused in one line`,
  check: async (path) => {
    const { code, stderr } = await runHere("inspect", cfgOf(path));
    expect(stderr).toMatch(/^error \[E_CFG\] [^\n]+$/);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  },
});

const special = (folder: string, what: string, check: WildCase["check"]): WildCase => ({
  folder,
  expects: what,
  check,
});

const grey = special(
  "c30-channels1",
  "a network of grey pictures is inspected, calibrated and run",
  async (path, scratch) => {
    const [, , , , names, , pictures] = [...smallDetector(path, scratch)];
    const model = [
      join(path, "c1.cfg"),
      "--weights",
      join(path, "c1.weights"),
      "--names",
      names,
      "--calibrate",
      pictures,
    ];
    expect((await runHere("inspect", model[0])).code).toBe(0);
    const { code, stdout, stderr } = await runHere(
      ...["detect", join(pictures, "a.jpg"), "--json", "--model"],
      ...model,
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).images[0].snn.at(-1).outputError).toBeLessThan(0.05);
  },
);

/** The folder holds no cfg: one is made. */
function oneClass(head: string, filters = 6) {
  const net = "[net]\nwidth=32\nheight=32\n[convolutional]\nactivation=linear\n";
  return importDarknet({ cfg: `${net}filters=${filters}\n${head}` }).layers.at(-1);
}

export const cfgs: readonly WildCase[] = [
  same("c01-spaces-case", "spaces, tabs and capitals"),
  same("c02-crlf", "CRLF line ends"),
  same("c03-bom", "a byte order mark"),
  same("c04-utf16", "UTF-16"),
  same("c05-cr-only", "CR line ends"),
  same("c06-inline-comment", "comments behind values and headers"),
  same(
    "c07-duplicate-key",
    "keys that stand twice",
    /options that stand twice, of which the first counts as in darknet: 2 \(width in line/,
  ),
  same("c08-no-blank-no-eol", "no blank lines and no line end"),
  refused("c09-anchors-lines", "a list over two lines", /found "4,6"; a list must stand on one line/),
  same("c10-CFG-ext", "a name in capitals"),
  same("c10b-cfg-txt", "a name with .txt behind it"),
  same("c11-slashes", "comments with slashes"),
  same("c12-more-anchors", "surplus anchors"),
  same("c13-zero-anchor", "an anchor without width"),
  same("c14-unknown-conv-key", "an unknown key", /not used: 1 \(name of \[convolutional\] in line 7\)$/),
  same(
    "c15-unknown-net-key",
    "unknown keys",
    /not used: 2 \(foo of \[net\] in line 1, foo of \[region\] in line 39\)$/,
  ),
  ...["elu", "h_swish", "hardtan", "logistic", "mish", "ramp", "relu6", "silu", "swish"].map((name) =>
    has(`c20-act-${name}`, `activation=${name}`, `${name}0`),
  ),
  same("c21-pad3", "pad as any number but 0"),
  same("c22-network", "[network]"),
  special("c23-letter_box", "letter_box=1 is a letterbox", async (path) => {
    await inspected(path);
    const { preprocessing } = importDarknet({ cfg: readFileSync(cfgOf(path), "utf8") });
    expect(preprocessing).toEqual({ fit: "letterbox", filter: "darknet" });
  }),
  same("c24-batchnorm2", "batch_normalize as any number but 0"),
  same("c25-mid-junk", "a line of dashes", /: lines that say nothing: 1 \(line 38\)$/),
  same("c26-hash-section", "a section that is commented out"),
  has("c27-dropout", "[dropout]", "conv0", "region6"),
  has("c28-cost", "a trailing [cost]", "region5"),
  grey,
  has("c40-transposed", "[transposed_convolutional], as an island", "transposed_convolutional1"),
  has("c41-reorg", "[reorg], as an island", "reorg1"),
  has("c42-avgpool", "[avgpool]", "average1"),
  has("c43-connected", "[connected]", "dense1"),
  refused("c44-local", "[local]", /line 15 \[local\]: this section is not supported/),
  has("c45-crop", "[crop]", "crop1"),
  refused("c46-sam", "[sam] of a layer that is not there", /line 15 \[sam\]: there is no layer -2 before it/),
  refused("c47-scale_channels", "[scale_channels] of a layer that is not there", /there is no layer -2 before it/),
  refused("c48-crnn", "[crnn]", /line 15 \[crnn\]: this section is not supported/),
  has("c49-batchnorm", "[batchnorm] by itself", "norm1"),
  has("c50-max", "[max]", "pool1"),
  has("c50b-conv", "[conv]", "conv1"),
  has("c52-gaussian", "[Gaussian_yolo]", "gaussianYolo5"),
  has("c53-new_coords", "new_coords", "yolo5"),
  special("c55-oneclass", "one class with softmax=1: every box is of it, whatever its logit", async () => {
    expect(oneClass("[region]\nanchors=1,1\nclasses=1\nnum=1\nsoftmax=1\n")).toMatchObject({
      classes: 1,
      softmax: true,
    });
  }),
  special("c56-mask-order", "mask=1,0: the anchors in the order of the mask", async () => {
    const head = oneClass("[yolo]\nanchors=10,14, 23,27\nclasses=1\nnum=2\nmask=1,0\n", 12);
    expect(head).toMatchObject({ anchors: [23, 27, 10, 14] });
  }),
  refused("c54-xnor", "xnor", /\[convolutional\]: xnor is not supported; it would change the result/),
];
