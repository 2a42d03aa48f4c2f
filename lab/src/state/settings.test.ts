import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { modes } from "../../../src/index.ts";
import { choices, configurationOf, fromText, modeNames, modeOf, nameOf, toText, withChoice } from "./configuration.ts";
import {
  comparisonOf,
  comparisons,
  firstSettings,
  fromHash,
  ignoredIn,
  type Settings,
  settingsFor,
  toHash,
} from "./settings.ts";

const anyConfiguration = fc
  .tuple(
    fc.constantFrom(...modeNames),
    fc.array(fc.tuple(fc.nat(choices.length - 1), fc.nat(20)), { maxLength: 5 }),
    fc.option(fc.integer({ min: 1, max: 3500 })),
  )
  .map(([mode, changes, timeSteps]) => {
    const changed = changes.reduce((configuration, [i, j]) => {
      const { key, options } = choices[i];
      return withChoice(configuration, key, options[j % options.length].value as never);
    }, configurationOf(mode));
    return timeSteps === null ? changed : withChoice(changed, "timeSteps", timeSteps);
  });

const anySettings: fc.Arbitrary<Settings> = fc
  .record({ a: anyConfiguration, b: fc.option(anyConfiguration) })
  .chain(({ a, b }) =>
    fc.record({
      model: fc.constantFrom(null, "https://example.org/a%20b/yolo.onnx?x=1,2"),
      scene: fc.nat(99_999),
      a: fc.constant(a),
      b: fc.constant(b),
      threads: fc.option(fc.integer({ min: 1, max: 64 })),
      t: fc.option(fc.integer({ min: 1, max: Math.max(a.timeSteps, b?.timeSteps ?? 0) })),
      channel: fc.option(
        fc.record({
          slot: fc.constantFrom("a" as const, "b" as const),
          layer: fc.constantFrom("leaky0", "a-b_1"),
          channel: fc.nat(1023),
        }),
      ),
    }),
  );

describe("the address", () => {
  test("holds all settings", () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        expect(fromHash(toHash(settings))).toEqual(settings);
        expect(ignoredIn(toHash(settings))).toEqual([]);
      }),
    );
  });

  test("is short and can be read", () => {
    const b = configurationOf("paper", { scope: "layer", timeSteps: 100 });
    expect(toHash({ ...firstSettings, scene: 4, b, t: 16 })).toBe(
      "#scene=4&a=fast&b=paper,timeSteps:100,scope:layer&t=16",
    );
  });

  test.each([
    "",
    "#",
    "#scene=-1&t=9",
    "#a=<script>&b=,,:,",
    "#map=c.leaky0.1",
    "#a=fast,timeSteps:1e9&scene=1.5",
    "#a=fast,timeSteps:0",
    "#model=javascript:alert(1)",
    "#model=http://example.org/m.onnx",
  ])("makes sense of nonsense: %s", (hash) => {
    const settings = fromHash(hash);
    expect(settings.scene).toBe(firstSettings.scene);
    expect(settings.t).toBeNull();
    expect(settings.channel).toBeNull();
    expect(toText(settings.a)).toBe("fast");
    expect(settings.model).toBeNull();
    expect(ignoredIn(hash).length > 0).toBe(hash.length > 1);
  });

  test("names what of it makes no sense", () => {
    expect(ignoredIn("#scene=3&a=fast,phases:6,phase:2&b=papr&model=http://example.org/m.onnx&x=1")).toEqual([
      "a=phase:2",
      "b=papr",
      "model=http://example.org/m.onnx",
      "x=1",
    ]);
  });
});

describe("a configuration", () => {
  test("survives its text", () => {
    fc.assert(
      fc.property(anyConfiguration, (configuration) => {
        expect(fromText(toText(configuration))).toEqual(configuration);
      }),
    );
  });

  test("is named after the mode that is nearest", () => {
    for (const mode of modeNames) {
      expect(nameOf(configurationOf(mode))).toBe(mode);
      expect(toText(configurationOf(mode))).toBe(mode);
    }
    expect(modeOf(configurationOf("graded", { delay: 1 }))).toBe("graded");
    expect(nameOf(configurationOf("paper", { scope: "layer" }))).toBe("paper, layer-wise");
    expect(nameOf(configurationOf("fast", { levels: 7 }))).toBe("fast, greatest spike 7");
    expect(nameOf(configurationOf("paper", { timeSteps: 128 }))).toBe("paper");
  });

  test("runs for as long as its mode, unless told otherwise", () => {
    for (const mode of modeNames) expect(fromText(mode).timeSteps).toBe(modes[mode].timeSteps);
    expect(fromText("fast,timeSteps:9").timeSteps).toBe(9);
  });

  test("gives graded spikes their headroom above λ", () => {
    expect(withChoice(configurationOf("fast"), "levels", 7).gain).toBe(4);
    expect(withChoice(withChoice(configurationOf("fast"), "levels", 7), "levels", 1).gain).toBe(1);
  });
});

test("every comparison is recognized", () => {
  for (const comparison of comparisons)
    expect(comparisonOf({ ...firstSettings, ...comparison })?.name).toBe(comparison.name);
  expect(comparisonOf({ a: configurationOf("fast", { timeSteps: 64 }), b: null })).toBeUndefined();
});

describe("the settings that a model is shown with", () => {
  const leaky = { hasDnn: true, mode: "fast" } as const;
  const other = { hasDnn: true, mode: "rate" } as const;

  test("follow the model where nobody has chosen, and back", () => {
    const tracked = settingsFor(other, leaky, firstSettings);
    expect(tracked).toEqual({ ...firstSettings, a: configurationOf("rate") });
    expect(settingsFor(leaky, other, tracked)).toEqual(firstSettings);
    expect(settingsFor(other, null, firstSettings)).toEqual(tracked);
  });

  test("stay where somebody has", () => {
    const chosen = { ...firstSettings, a: configurationOf("graded") };
    expect(settingsFor(other, leaky, chosen)).toBe(chosen);
  });

  test("are the file's own time steps where it holds only a spiking network", () => {
    const shown = settingsFor({ hasDnn: false, mode: "fast", timeSteps: 5 }, leaky, {
      ...firstSettings,
      b: chosenSecond,
    });
    expect(shown).toMatchObject({ a: { timeSteps: 5 }, b: null });
  });
});

const chosenSecond = configurationOf("rate");
