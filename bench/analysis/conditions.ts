/** Under which conditions runs were made, as their files say; folders of the original say nothing of it. */
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';
import { type Description, describe } from '../statistics/describe.ts';
import { groupBy } from './group-by.ts';
import { known } from './rows.ts';

export interface Condition {
  runs: number;
  design: string;
  runtime: string | undefined;
  workload: string | undefined;
  seed: number | undefined;
  /** Most tokens of an answer. */
  numPredict: number | undefined;
  fallback: string | undefined;
  /** Model calls at a time at most; undefined: any number. */
  maxConcurrent: number | undefined;
  /** Milliseconds by which an agent began after the one before it, in concurrent parts. */
  staggerMs: number | undefined;
  /** How many different processes, and threads of them, the agents of one run had, at most. */
  processes: number;
  threads: number;
  /** Largest piece that was read from a server's connection at once. */
  largestReadBytes: number | undefined;
}

/** Of one graphics card, over all samples. */
export interface GpuUse {
  gpu: string;
  memoryBytes: Description | undefined;
  utilisationPercent: Description | undefined;
}

export function conditions(runs: readonly ReadFile<MetricsFile>[]): Condition[] {
  const ours = runs.map(({ content }) => content).filter(({ design }) => design !== undefined);
  const alike = (run: MetricsFile): string => {
    const { design, runtime, workload, seed, num_predict, fallback } = run;
    return JSON.stringify([design, runtime, workload, seed, num_predict, fallback, heldBack(run)]);
  };
  return [...groupBy(ours, alike).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [condition(first, group)];
  });
}

export function gpuUse(runs: readonly ReadFile<MetricsFile>[]): GpuUse[] {
  const samples = runs.flatMap(({ content }) => content.gpu_samples);
  return [...groupBy(samples, ({ gpu }) => gpu ?? '?')].map(([gpu, own]) => ({
    gpu,
    memoryBytes: describe(known(own.map(({ memory_bytes: bytes }) => bytes))),
    utilisationPercent: describe(known(own.map(({ utilisation_percent: percent }) => percent))),
  }));
}

/** What of the settings keeps agents from being at once. */
function heldBack({ settings }: MetricsFile): Pick<Condition, 'maxConcurrent' | 'staggerMs'> {
  const [most, stagger] = [settings?.max_concurrent, settings?.stagger_ms];
  return {
    maxConcurrent: typeof most === 'number' ? most : undefined,
    staggerMs: typeof stagger === 'number' && stagger > 0 ? stagger : undefined,
  };
}

function condition(first: MetricsFile, group: readonly MetricsFile[]): Condition {
  const agents = group.map(({ measurements }) => measurements.flatMap((one) => one.agents));
  const most = (of: (agent: (typeof agents)[number][number]) => string | undefined): number =>
    Math.max(...agents.map((own) => new Set(known(own.map(of))).size));
  const reads = known(agents.flat().map(({ largest_read_bytes: bytes }) => bytes));
  return {
    runs: group.length,
    design: first.design ?? '',
    runtime: first.runtime,
    workload: first.workload,
    seed: first.seed,
    numPredict: first.num_predict,
    fallback: first.fallback,
    ...heldBack(first),
    processes: most(({ process_id: id }) => id?.toString()),
    threads: most(({ process_id: id, thread_id: thread }) => (thread === undefined ? undefined : `${id} ${thread}`)),
    largestReadBytes: reads.length === 0 ? undefined : Math.max(...reads),
  };
}
