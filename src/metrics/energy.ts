/**
 * Energy of operations at 45 nm, the figures that the field quotes (Horowitz, "Computing's energy problem", ISSCC 2014):
 * arithmetic only, no memory traffic.
 */

/** A network's work for one picture. */
export interface OperationCounts {
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Accumulates, such as synaptic operations. */
  readonly acs: number;
}

/** The same operations in either arithmetic. */
export interface Energy {
  readonly float32Picojoules: number;
  readonly int32Picojoules: number;
}

/** Picojoules per operation. */
export const picojoulesPerOperation = {
  float32: { mac: 4.6, ac: 0.9 },
  int32: { mac: 3.2, ac: 0.1 },
} as const;

export function energyOf({ macs, acs }: OperationCounts): Energy {
  const { float32, int32 } = picojoulesPerOperation;
  return {
    float32Picojoules: macs * float32.mac + acs * float32.ac,
    int32Picojoules: macs * int32.mac + acs * int32.ac,
  };
}
