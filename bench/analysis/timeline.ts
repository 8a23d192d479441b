/** The calls of one concurrent run in time, for the picture of overlap and waiting. */
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';
import { partsOf } from './parts.ts';

/** Milliseconds from the moment at which both agents were let go. */
export interface TimelineCall {
  agent: string;
  stage: string;
  sentMs: number;
  /** Until here it waited for its first text; undefined: none came. */
  firstTextMs: number | undefined;
  endMs: number;
  valid: boolean;
}

/** Of the first valid concurrent part; undefined when no file says when its calls were. */
export function timeline(runs: readonly ReadFile<MetricsFile>[]): { file: string; calls: TimelineCall[] } | undefined {
  const parts = runs.flatMap((file) => partsOf(file).map((part) => ({ ...part, file: file.path })));
  const shown = parts.filter(({ kind, calls }) => kind === 'concurrent' && calls.length > 0);
  const part = shown.find(({ valid }) => valid) ?? shown[0];
  if (part === undefined) return undefined;
  const from = part.measurement.released_ms;
  const calls = part.calls.map(({ agent, stage, sent_ms, first_text_ms, end_ms, invalid }) => ({
    agent,
    stage,
    sentMs: sent_ms - from,
    firstTextMs: first_text_ms === undefined ? undefined : first_text_ms - from,
    endMs: end_ms - from,
    valid: invalid === undefined,
  }));
  return { file: part.file, calls };
}
