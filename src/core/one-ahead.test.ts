import { describe, expect, it } from "vitest";
import { oneAhead } from "./one-ahead.ts";

describe("oneAhead", () => {
  it("has begun the next item when one is handed over, and none after that", async () => {
    const begun: number[] = [];
    const load = async (item: number) => {
      begun.push(item);
      return 10 * item;
    };
    const seen: [number, number[]][] = [];
    for await (const loaded of oneAhead([1, 2, 3], load)) seen.push([loaded, [...begun]]);
    expect(seen).toEqual([
      [10, [1, 2]],
      [20, [1, 2, 3]],
      [30, [1, 2, 3]],
    ]);
  });

  it("gives items in order, whichever is loaded first, and throws where an error's turn comes", async () => {
    const seen: string[] = [];
    const load = async (item: string) => {
      if (item === "bad") throw new Error("damaged");
      await new Promise((done) => setTimeout(done, item === "slow" ? 20 : 0));
      return item;
    };
    const work = async () => {
      for await (const loaded of oneAhead(["slow", "fast", "bad", "never"], load)) {
        seen.push(loaded);
        // The error has come by then, and nobody has heard of it.
        await new Promise((done) => setTimeout(done, 30));
      }
    };
    await expect(work()).rejects.toThrow("damaged");
    expect(seen).toEqual(["slow", "fast"]);
  });

  it("begins nothing more when it is left, and nothing of nothing", async () => {
    const begun: number[] = [];
    const load = async (item: number) => begun.push(item);
    for await (const _ of oneAhead([1, 2, 3, 4], load)) break;
    expect(begun).toEqual([1, 2]);
    for await (const _ of oneAhead([], load)) throw new Error("there is nothing");
  });
});
