/** What the views show at a moment, as rows: a table for other programs. */
import { type OperationCost, profileEnergy, type Row } from "../../../src/index.ts";
import type { LaneMoment, Moment } from "../views/moment.ts";

export function energyRows({ lanes, run: { macs } }: Moment, cost: OperationCost): readonly Row[] {
  return lanes.flatMap(({ name, checkpoints }) => {
    const at = checkpoints.map(({ t, operations }) => ({ t, ...operations }));
    const [{ snn, dnnPicojoules }] = profileEnergy({ macs }, at, [cost]);
    return snn.map(({ t, totalPicojoules }, i) => {
      const { acs, spikes, neuronUpdates } = at[i];
      return { network: name, t, acs, spikes, neuronUpdates, picojoules: totalPicojoules, dnnPicojoules };
    });
  });
}

export function errorRows({ lanes }: Moment): readonly Row[] {
  return lanes.flatMap(({ name, checkpoints }) =>
    checkpoints.flatMap(({ t, outputError }) => (outputError === undefined ? [] : [{ network: name, t, outputError }])),
  );
}

export function activityRows({ lanes }: Moment): readonly Row[] {
  return lanes.flatMap(({ name, now, info }) =>
    now
      ? info.populations.map(({ name: layer, shape: [c, h, w] }, i) => ({
          ...{ network: name, t: now.t, layer, neurons: c * h * w, spikes: now.spikes[i] },
          spikesPerNeuronStep: now.spikes[i] / (c * h * w * now.t),
        }))
      : [],
  );
}

export function rateRows({ lanes }: Moment, layer: string | undefined): readonly Row[] {
  return lanes.flatMap(({ name, now, info }) => {
    const population = info.populations.find((one) => one.name === layer);
    if (!now || !population) return [];
    const { firstChannel, shape } = population;
    const rates = now.rates.subarray(firstChannel, firstChannel + shape[0]);
    return Array.from(rates, (rate, c) => ({ network: name, t: now.t, layer: population.name, channel: c + 1, rate }));
  });
}

/** A row for each spike of the neurons that are watched. */
export function spikeRows({ name, info, checkpoints }: LaneMoment): readonly Row[] {
  const { neurons } = info;
  const rows: Row[] = [];
  let t = 0;
  for (const { raster } of checkpoints) {
    for (let from = 0; from < raster.length; from += neurons.length) {
      t++;
      for (const [i, { layer, channel, y, x }] of neurons.entries()) {
        const spike = raster[from + i];
        if (spike !== 0) rows.push({ network: name, t, layer, channel: channel + 1, y, x, spike });
      }
    }
  }
  return rows;
}
