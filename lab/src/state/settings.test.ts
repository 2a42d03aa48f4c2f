import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choices, configurationOf, fromText, nameOf, toText, withChoice } from "./configuration.ts";
import { comparisonOf, comparisons, firstSettings, fromHash, type Settings, toHash } from "./settings.ts";

const anyConfiguration = fc
  .tuple(
    fc.constantFrom("fast" as const, "paper" as const),
    fc.array(fc.tuple(fc.nat(choices.length - 1), fc.nat(20)), { maxLength: 5 }),
  )
  .map(([mode, changes]) =>
    changes.reduce((configuration, [i, j]) => {
      const { key, options } = choices[i];
      return withChoice(configuration, key, options[j % options.length].value as never);
    }, configurationOf(mode)),
  );

const anySettings: fc.Arbitrary<Settings> = fc.integer({ min: 1, max: 3500 }).chain((timeSteps) =>
  fc.record({
    scene: fc.nat(99_999),
    timeSteps: fc.constant(timeSteps),
    a: anyConfiguration,
    b: fc.option(anyConfiguration),
    threads: fc.option(fc.integer({ min: 1, max: 64 })),
    t: fc.option(fc.integer({ min: 1, max: timeSteps })),
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
      }),
    );
  });

  test("is short and can be read", () => {
    const settings = { ...firstSettings, scene: 4, b: configurationOf("paper", { scope: "layer" }), t: 16 };
    expect(toHash(settings)).toBe("#scene=4&T=32&a=fast&b=paper,scope:layer&t=16");
  });

  test.each(["", "#", "#scene=-1&T=x&t=99999", "#a=<script>&b=,,:,", "#map=c.leaky0.1", "#T=1e9&scene=1.5"])(
    "makes sense of nonsense: %s",
    (hash) => {
      const settings = fromHash(hash);
      expect(settings.scene).toBe(firstSettings.scene);
      expect(settings.timeSteps).toBe(firstSettings.timeSteps);
      expect(settings.t).toBeNull();
      expect(settings.channel).toBeNull();
      expect(toText(settings.a)).toBe("fast");
    },
  );
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
    expect(nameOf(configurationOf("fast"))).toBe("fast");
    expect(nameOf(configurationOf("paper", { scope: "layer" }))).toBe("paper, layer-wise");
    expect(nameOf(configurationOf("fast", { levels: 7 }))).toBe("fast, greatest spike 7");
  });

  test("gives graded spikes their headroom above λ", () => {
    expect(withChoice(configurationOf("fast"), "levels", 7).gain).toBe(4);
    expect(withChoice(withChoice(configurationOf("fast"), "levels", 7), "levels", 1).gain).toBe(1);
  });
});

test("every comparison is recognized", () => {
  for (const comparison of comparisons)
    expect(comparisonOf({ ...firstSettings, ...comparison })?.name).toBe(comparison.name);
  expect(comparisonOf({ ...firstSettings, timeSteps: 64 })).toBeUndefined();
});
