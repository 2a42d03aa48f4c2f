/** What a report found, in a few sentences made of its numbers. */
import type { OperationCost } from "../metrics/energy.ts";
import { profileEnergy } from "../metrics/energy-profile.ts";
import { quantile } from "../metrics/firing-rates.ts";
import type { Study } from "./collect/study.ts";
import { type AccuracyData, namesExplained } from "./figures/accuracy.ts";
import { digits, joules, percent, whole } from "./format.ts";

/** @param study its last network is the model's own. */
export function findings(accuracy: AccuracyData, study: Study, costs: readonly OperationCost[]): readonly string[] {
  return [...accuracyFindings(accuracy), imbalance(study), energyOfNetwork(study, study.networks.length - 1, costs)];
}

/** One sentence a configuration, by its better decoding. */
function accuracyFindings({ metric, dnn, curves, source }: AccuracyData): readonly string[] {
  const names = [...new Set(curves.map(({ configuration }) => configuration))];
  const first = `On ${source} the DNN has ${dnn === null ? "no" : percent(dnn)} ${metric}.`;
  const reached = names.map((name) => {
    const ends = curves
      .filter(({ configuration }) => configuration === name)
      .map(({ decode, points }) => ({ decode, ...points[points.length - 1] }));
    const best = ends.reduce((better, other) => (other.map > better.map ? other : better));
    const sure = best.share
      ? `, ${(100 * best.share.low).toFixed(1)} to ${(100 * best.share.high).toFixed(1)} in 95 of 100 draws of pictures`
      : "";
    const share = dnn ? ` (${percent(best.map / dnn)} of the DNN${sure})` : "";
    return `${name}: ${percent(best.map)}${share} after ${whole(best.t)} steps by ${best.decode === "vmem" ? "V_mem" : "spike count"}.`;
  });
  return [first, namesExplained, ...reached];
}

function imbalance({ layers, focusChannel }: Study): string {
  const medians = layers.map(({ layer, channels, whole: greatest }) => ({
    layer,
    median: quantile(
      channels.map((value) => value / greatest),
      0.5,
    ),
  }));
  const least = medians.reduce((a, b) => (b.median < a.median ? b : a));
  const most = medians.reduce((a, b) => (b.median > a.median ? b : a));
  return `Normalized by layer, the median channel reaches ${percent(most.median)} of its range in ${most.layer} and ${percent(least.median)} in ${least.layer}; channel ${focusChannel.channel + 1} of ${focusChannel.layer} reaches ${percent(focusChannel.part)}.`;
}

function energyOfNetwork({ dnn, networks }: Study, index: number, costs: readonly OperationCost[]): string {
  const { configuration, timeSteps, operations } = networks[index];
  const last = operations[operations.length - 1];
  const prices = profileEnergy(dnn, operations, costs).map(({ cost, dnnPicojoules, snn, breakEven }) => {
    const { totalPicojoules } = snn[snn.length - 1];
    const until = breakEven.steps === null ? "" : `, and pays up to step ${whole(breakEven.steps)}`;
    return `${joules(totalPicojoules)} in ${cost.label} (${digits(totalPicojoules / dnnPicojoules)} times the DNN${until})`;
  });
  return `${configuration}, ${whole(timeSteps)} steps: ${digits(last.acs / dnn.macs)} accumulates for each of the DNN's multiply-accumulates; ${prices.join("; ")}.`;
}
