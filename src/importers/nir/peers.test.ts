/**
 * Files that this program exported, with every neuron's count as sinabs, SpikingJelly and nirtorch give it for them (`bench/peers/nir.js` wrote both down):
 * imported again, they give the same counts in our engines.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { runOnce } from "../../../test/engine-contract.ts";
import { floatTensor } from "../../core/tensor.ts";
import { inputOf } from "../../graph/graph.ts";
import { isPopulation } from "../../graph/layers.ts";
import { openSession } from "../../snn/engines/open-session.ts";
import { importNir } from "./import-nir.ts";

interface Counts {
  readonly name: string;
  readonly nir: string;
  readonly timeSteps: number;
  readonly peers: readonly {
    readonly peer: string;
    /** Whether its neurons were told to be reset as the file says. */
    readonly asSaid: boolean;
    readonly counts?: Readonly<Record<string, { readonly spikes: number; readonly sha256: string }>>;
  }[];
}

const folder = resolve(import.meta.dirname, "../../../test/nir");
const networks: readonly Counts[] = JSON.parse(readFileSync(`${folder}/counts.json`, "utf8"));

test("the peers are those that can be told how neurons are reset", () => {
  const told = ({ peers }: Counts) => peers.flatMap(({ peer, asSaid, counts }) => (asSaid && counts ? [peer] : []));
  expect(Object.fromEntries(networks.map((each) => [each.name, told(each)]))).toEqual({
    "strides-8": ["sinabs", "nirtorch"],
    "pools-float": ["sinabs", "spikingjelly", "nirtorch"],
    "loops-8": ["nirtorch"],
  });
});

test.each(networks)("$name: every neuron's count is the peers'", async ({ name, nir, timeSteps, peers }) => {
  expect(nir).toBe("1.0.8");
  const graph = await importNir(readFileSync(`${folder}/${name}.nir`));
  const pixels = Float32Array.from({ length: 3 * 24 * 32 }, (_, i) => ((i * 7919) % 17) / 16);
  const layers = graph.layers.flatMap((layer) => (layer.kind === "integrateFire" ? [layer.name] : []));
  const session = await openSession(graph, { threads: 1 });
  const run = { timeSteps, at: [timeSteps], encoding: "constant", seed: 1, record: { counts: layers } } as const;
  const [{ recorded }] = await runOnce(session, floatTensor([3, 24, 32], pixels), run);
  await session.dispose();
  const ours = Object.fromEntries(
    [...recorded.counts].map(([layer, counts]) => {
      const sha256 = createHash("sha256")
        .update(new Uint8Array(Int32Array.from(counts).buffer))
        .digest("hex");
      return [layer, { spikes: counts.reduce((a, b) => a + b, 0), sha256 }];
    }),
  );
  for (const { asSaid, counts } of peers) if (asSaid && counts) expect(counts).toEqual(ours);
});

test("a network that sinabs has made and written: every neuron's count is what sinabs gives", async () => {
  const { timeSteps, sixteenths, counts } = JSON.parse(readFileSync(`${folder}/from-sinabs.json`, "utf8"));
  const graph = await importNir(readFileSync(`${folder}/from-sinabs.nir`), { reset: "subtract" });
  const layers = graph.layers.flatMap((layer) => (isPopulation(layer) ? [layer.name] : []));
  expect(layers).toEqual(Object.keys(counts));
  const session = await openSession(graph);
  const pixels = floatTensor(
    inputOf(graph).shape,
    sixteenths.map((value: number) => value / 16),
  );
  const run = { timeSteps, at: [timeSteps], encoding: "constant", seed: 1, record: { counts: layers } } as const;
  const [{ recorded }] = await runOnce(session, pixels, run);
  await session.dispose();
  for (const [layer, found] of recorded.counts) expect([...found], layer).toEqual(counts[layer]);
});
