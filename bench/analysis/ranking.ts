/** Configurations in order: by their average in both readings, and by their best single run. */
import type { ConfigurationFigures } from './rows.ts';
import type { RunFigures } from './run-figures.ts';

interface Ranked {
  name: string;
  scenario: string;
  settings: string;
  /** Percent. */
  average: number;
  peak: number;
}

interface RankedRun {
  name: string;
  scenario: string;
  settings: string;
  run: number;
  efficiencyPercent: number;
  speedup: number;
}

export interface Ranking {
  /** Names, best average first. */
  published: string[];
  valid: string[];
  topByAverage: Ranked[];
  /** The best run of each configuration. */
  topByPeak: RankedRun[];
  /** Worst first. */
  bottom: Ranked[];
}

export function ranking(configurations: readonly ConfigurationFigures[], runs: readonly RunFigures[]): Ranking {
  const published = ranked(configurations, 'published');
  return {
    published: published.map(({ name }) => name),
    valid: ranked(configurations, 'valid').map(({ name }) => name),
    topByAverage: published.slice(0, 5),
    topByPeak: bestRuns(runs).slice(0, 5),
    bottom: published.slice(-3).reverse(),
  };
}

function ranked(configurations: readonly ConfigurationFigures[], reading: 'published' | 'valid'): Ranked[] {
  return configurations
    .flatMap(({ name, scenario, settings, [reading]: { efficiencyPercent } }) => {
      if (efficiencyPercent === undefined) return [];
      return [{ name, scenario, settings, average: efficiencyPercent.mean, peak: efficiencyPercent.max }];
    })
    .sort((one, other) => other.average - one.average);
}

function bestRuns(runs: readonly RunFigures[]): RankedRun[] {
  const sorted = [...runs].sort((one, other) => other.efficiencyPercent - one.efficiencyPercent);
  const first = new Map<string, RunFigures>();
  for (const run of sorted) if (!first.has(run.configuration)) first.set(run.configuration, run);
  return [...first.values()].map(({ name, scenario, settings, run, efficiencyPercent, speedup }) => {
    return { name, scenario, settings, run, efficiencyPercent, speedup };
  });
}
