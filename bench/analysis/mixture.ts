/** What a folder mixes that should not be compared as if it were one benchmark. */
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';

export interface Mixture {
  what: string;
  values: string[];
}

const FIELDS: Readonly<Record<string, (run: MetricsFile) => string | undefined>> = {
  'tools or designs': ({ design }) => design ?? 'the original tool',
  models: ({ collector, insight }) => {
    const models = new Set([collector, insight].map(({ config, result }) => config?.model ?? result?.model));
    return [...models].map((model) => model ?? 'unnamed').join(' + ');
  },
  runtimes: ({ runtime }) => runtime,
  workloads: ({ workload }) => workload,
  'token limits': ({ num_predict: limit }) => limit?.toString(),
  'servers, real and simulated': ({ servers }) => {
    return servers.length === 0
      ? undefined
      : servers.some(({ simulated }) => simulated === true)
        ? 'simulated'
        : 'real';
  },
  'ways of falling back': ({ fallback }) => fallback ?? 'none',
};

export function mixtures(runs: readonly ReadFile<MetricsFile>[]): Mixture[] {
  return Object.entries(FIELDS).flatMap(([what, saidBy]) => {
    const values = [...new Set(runs.map(({ content }) => saidBy(content) ?? 'not said'))];
    return values.length > 1 ? [{ what, values }] : [];
  });
}
