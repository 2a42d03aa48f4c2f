/**
 * The errors a user may meet. Each says what is wrong, where, and how to mend it, and carries a stable code.
 *
 * The command line prints them as one line, `error [E_CODE] message`; bad input ends with exit code 2.
 */
export class SpikingYoloError extends Error {
  /** Stable, machine-readable: `E_` and capitals. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A file (cfg, weights, model, picture, annotation) that cannot be read as what it should be. */
export class ImportError extends SpikingYoloError {}

/** A graph whose layers do not fit together. */
export class ShapeError extends SpikingYoloError {}

/** A network or a setting that cannot be converted to spikes. */
export class ConversionError extends SpikingYoloError {}

/** An engine (DNN or SNN) that cannot run what it was given, or that failed while running. */
export class EngineError extends SpikingYoloError {}

/** An argument that is out of its range or of the wrong type. */
export class ArgumentError extends SpikingYoloError {}

/** Throws an {@link ArgumentError} unless `value` is an integer in [min, max]. */
export function expectInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ArgumentError(
    "E_ARGUMENT",
    `expected an integer from ${min} to ${max} for ${name} but received ${String(value)}`,
  );
}

/** Throws an {@link ArgumentError} unless `value` is one of `choices`. */
export function expectOneOf<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw new ArgumentError("E_ARGUMENT", `expected ${choices.join(" or ")} for ${name} but received ${String(value)}`);
}
