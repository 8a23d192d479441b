/**
 * The timed parts of a sound run: each measurement with its calls, and whether it is valid. Parts of one block were measured close
 * together, so that they are compared with each other.
 */
import { mean } from 'simple-statistics';
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';
import type { Kind, Measurement, ScheduledCall } from '../results/recording.ts';

export interface Part {
  configuration: string;
  /** Unique over all files: a block of one file. */
  block: string;
  kind: Kind;
  measurement: Measurement;
  calls: ScheduledCall[];
  valid: boolean;
}

type Recorded = Pick<MetricsFile, 'measurements' | 'schedule'>;

/** Warm-ups are left out. */
export function partsOf({ path, configuration, content }: ReadFile<Recorded>): Part[] {
  return content.measurements
    .filter(({ kind }) => kind !== 'warm_up')
    .map((measurement) => {
      const calls = content.schedule.filter((call) => isOf(call, measurement));
      const failed = [...calls, ...measurement.agents].some(({ invalid }) => invalid !== undefined);
      const timed = measurement.wall_time_s > 0 && measurement.agents.every(({ execution_time_s: time }) => time > 0);
      const valid = !failed && timed && measurement.agents.length > 0;
      const block = `${path}#${measurement.block}`;
      return { configuration, block, kind: measurement.kind, measurement, calls, valid };
    });
}

/** A call that was sent within the measurement, in the same block; a moment is left for clocks that are read one after the other. */
function isOf(call: ScheduledCall, { kind, block, released_ms: from, ended_ms: until }: Measurement): boolean {
  return call.kind === kind && call.block === block && call.sent_ms >= from - 1 && call.sent_ms <= until + 1;
}

/** An agent's T (s) in a part; undefined when it was not in it. */
export function timeOf({ measurement }: Part, agent: string): number | undefined {
  return measurement.agents.find((one) => one.agent === agent)?.execution_time_s;
}

/** Geometric mean of what several parts of a block say; undefined for none. */
export function centre(values: readonly (number | undefined)[]): number | undefined {
  const logs = values.filter((value) => value !== undefined && value > 0).map((value) => Math.log(value as number));
  return logs.length === 0 ? undefined : Math.exp(mean(logs));
}
