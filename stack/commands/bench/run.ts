/** `bench`, or `bench run`: measures one configuration and says where the files are. */
import { resolve } from 'node:path';
import { differentServers, runConfiguration, workingAgents } from '../../../bench/run/configuration.ts';
import { describeRun, isMeasured } from '../../../bench/run/describe-run.ts';
import { ResultFolder } from '../../../bench/run/result-folder.ts';
import { worksOf } from '../../../bench/schedule/works.ts';
import { EXIT, usageFailure } from '../../failure.ts';
import { say } from '../../terminal.ts';
import { reportOn } from './analyze.ts';
import type { BenchOptions } from './options.ts';
import { settingsOf } from './settings.ts';
import { usingResults, withSurroundings } from './surroundings.ts';

/** Returns the exit code. @throws Failure */
export async function runBenchmark(words: readonly string[], own: BenchOptions): Promise<number> {
  if (words.length > 0) throw usageFailure(`bench run takes no ${words[0]}. See bench --help.`);
  const settings = settingsOf(own);
  const path = resolve(own.outputDir ?? defaultFolder(settings.scenario));
  const folder = usingResults(() => ResultFolder.open(path, settings, own.resume));
  return withSurroundings(own, settings, { models: [settings.model] }, async (surroundings) => {
    surroundings.progress.expect(
      worksOf(
        settings,
        folder.missing(settings.runs).length,
        differentServers(surroundings),
        workingAgents(surroundings),
      ),
    );
    await runConfiguration(settings, surroundings, folder);
    surroundings.progress.hide();
    for (const line of describeRun(folder)) say(line);
    if (folder.runs.length > 0) await reportOn(path);
    return folder.runs.some(isMeasured) ? EXIT.ok : EXIT.failed;
  });
}

/** The date with its time, so that two on one day have a folder each. */
export function defaultFolder(name: string): string {
  const date = new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '_');
  return `benchmarks/${name}_${date}`;
}
