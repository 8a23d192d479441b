/** `bench scale`: the same work by more and more agents at once, on the two servers in turn. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { agentNames, runScale } from '../../../bench/sweep/scale.ts';
import { EXIT, Failure, usageFailure } from '../../failure.ts';
import { say } from '../../terminal.ts';
import { reportOn } from './analyze.ts';
import type { BenchOptions } from './options.ts';
import { defaultFolder } from './run.ts';
import { settingsOf } from './settings.ts';
import { withSurroundings } from './surroundings.ts';

const MOST_AGENTS = 64;

/** Returns the exit code: 1 when nothing that was measured is valid. @throws Failure */
export async function runScaling(words: readonly string[], own: BenchOptions): Promise<number> {
  if (words.length > 0) throw usageFailure(`bench scale takes no ${words[0]}. See bench --help.`);
  const counts = countsOf(own.agents);
  const settings = settingsOf(own);
  if (settings.runtime.startsWith('serial')) {
    throw usageFailure('--runtime: bench scale measures agents at once; serial has them one after the other.');
  }
  const folder = resolve(own.outputDir ?? defaultFolder('scale'));
  const file = join(folder, 'scaling.json');
  if (existsSync(file)) throw new Failure(`${file} is there already: name another folder.`, EXIT.usage);
  if (own.fallback === 'agent') {
    throw usageFailure('--fallback: bench scale counts agents; when a server is down all of them ask the other.');
  }
  const agents = agentNames(Math.max(...counts));
  return withSurroundings(
    { ...own, fallback: 'server' },
    settings,
    { models: [settings.model], agents },
    async (surroundings) => {
      const { measurements } = await runScale(settings, surroundings, counts, folder);
      surroundings.progress.hide();
      for (const count of counts) {
        const walls = measurements.filter((one) => one.kind === 'concurrent' && one.agents.length === count);
        const seconds = walls.map(({ wall_time_s }) => `${wall_time_s.toFixed(2)} s`).join(', ');
        if (walls.length > 0) say(`${count} ${count === 1 ? 'agent' : 'agents'}: ${seconds}`);
      }
      say(`Files: ${folder}`);
      await reportOn(folder);
      const isMeasured = measurements.some(({ kind, agents }) => kind !== 'warm_up' && agents.every(isValid));
      return isMeasured ? EXIT.ok : EXIT.failed;
    },
  );
}

function isValid({ invalid }: { invalid?: unknown }): boolean {
  return invalid === undefined;
}

/** In rising order, each once. */
function countsOf(numbers: string): number[] {
  const counts = [...new Set(numbers.split(',').map(Number))].sort((one, other) => one - other);
  const [least = 0] = counts;
  if (least >= 1 && (counts.at(-1) ?? 0) <= MOST_AGENTS) return counts;
  throw usageFailure(`--agents: use numbers from 1 to ${MOST_AGENTS}, like 1,2,4,8.`);
}
