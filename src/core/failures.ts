/** How many inputs of a set may fail: a result made of the rest is one, a result made of little is a failure. */
import { ImportError } from "./errors.ts";
import { firstOf } from "./remarks.ts";

export interface Failure {
  /** Which input, for people. */
  readonly name: string;
  readonly code: string;
  /** One line; names the input already. */
  readonly message: string;
}

/** One in four may fail; of few, one; never all. */
export function toleratedFailures(total: number): number {
  return Math.min(total - 1, Math.max(1, Math.floor(total / 4)));
}

/**
 * The rule for every command that goes through many inputs (evaluation, calibration, training, annotations): what failed is
 * left out and told, unless it is too much.
 * @param what "pictures", "annotations".
 * @throws ImportError with the first failure's code where more than {@link toleratedFailures} failed.
 */
export function refuseFailures(what: string, failures: readonly Failure[], total: number): void {
  const tolerated = toleratedFailures(total);
  if (failures.length === 0 || failures.length <= tolerated) return;
  const names = firstOf(failures.map(({ name }) => name));
  throw new ImportError(
    failures[0].code,
    `${failures.length} of ${total} ${what} could not be read (${names}); at most ${Math.max(0, tolerated)} may fail. The first: ${failures[0].message}`,
  );
}
