/** Where less was measured than two agents on two servers: said before everything else in a report. */
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';
import type { ScalingFile } from '../results/scaling-file.ts';
import { groupBy } from './group-by.ts';

export interface FallBack {
  fallback: string;
  files: number;
  /** Of how many files. */
  of: number;
  /** For people, a whole sentence. */
  text: string;
}

const TEXTS: Readonly<Record<string, string>> = {
  one_server:
    'one of the two servers did not answer, and both agents asked the other one. Figures are of two agents on one server: they share it, and wait for each other there',
  one_agent:
    'one of the two servers did not answer, and only the agent of the other one worked. There is no efficiency, no speed-up and no comparison of two agents',
};

type Recorded = Pick<MetricsFile | ScalingFile, 'fallback'>;

export function fallBacks(files: readonly ReadFile<Recorded>[]): FallBack[] {
  const groups = groupBy(files, ({ content }) => content.fallback);
  return [...groups].flatMap(([fallback, own]) => {
    if (fallback === undefined) return [];
    const told = TEXTS[fallback] ?? `the benchmark did with less ("${fallback}")`;
    const text = `Fallen back to ${fallback.replaceAll('_', ' ')} in ${own.length} of ${files.length} runs: ${told}.`;
    return [{ fallback, files: own.length, of: files.length, text }];
  });
}

/** A run in which no two agents were at once: one agent was measured, or each alone. */
export function isSingle({ content: { fallback, measurements } }: ReadFile<MetricsFile>): boolean {
  if (fallback === 'one_agent') return true;
  return measurements.length > 0 && measurements.every(({ kind }) => kind === 'solo' || kind === 'warm_up');
}
