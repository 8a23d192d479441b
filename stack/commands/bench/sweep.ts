/** `bench sweep`: many configurations, one after the other, each into `<folder>/<scenario>/<name>`. The time is said first. */
import { join, resolve } from 'node:path';
import { counted } from '../../../bench/analysis/words.ts';
import {
  benchOf,
  differentServers,
  measuredAgent,
  runConfiguration,
  type Surroundings,
  workingAgents,
} from '../../../bench/run/configuration.ts';
import { describeRun, isMeasured } from '../../../bench/run/describe-run.ts';
import { duration } from '../../../bench/run/progress.ts';
import { ResultFolder } from '../../../bench/run/result-folder.ts';
import { PAIR } from '../../../bench/schedule/agent-work.ts';
import { worksOf } from '../../../bench/schedule/works.ts';
import { secondsOfWork } from '../../../bench/sweep/calibrate.ts';
import { MatrixError, onlyCells, readMatrix } from '../../../bench/sweep/matrix.ts';
import { type PlannedCell, planCells, sameCells } from '../../../bench/sweep/plan.ts';
import { EXIT, usageFailure } from '../../failure.ts';
import { say } from '../../terminal.ts';
import { reportOn } from './analyze.ts';
import type { BenchOptions } from './options.ts';
import { defaultFolder } from './run.ts';
import { settingsOf } from './settings.ts';
import { usingResults, withSurroundings } from './surroundings.ts';

interface OpenCell extends PlannedCell {
  results: ResultFolder;
}

/** Returns the exit code: 1 when nothing that was measured is valid. @throws Failure */
export async function runSweep(words: readonly string[], own: BenchOptions): Promise<number> {
  if (words.length > 0) throw usageFailure(`bench sweep takes no ${words[0]}. See bench --help.`);
  const base = settingsOf(own);
  const root = resolve(own.outputDir ?? defaultFolder('sweep'));
  const cells = planCells(matrixOf(own), base).map((cell) => openCell(cell, root, own.resume));
  const models = [...new Set(cells.map(({ settings }) => settings.model))];
  return withSurroundings(own, base, { models }, async (surroundings) => {
    const warnings = sameCells(cells, surroundings.servers);
    for (const warning of warnings) surroundings.progress.note(warning);
    say(await timeOf(cells, surroundings));
    if (own.dryRun) return EXIT.ok;
    await runCells(cells, { ...surroundings, warnings: [...surroundings.warnings, ...warnings] });
    say(`Files: ${root}`);
    const runs = cells.flatMap(({ results }) => results.runs);
    if (runs.length > 0) await reportOn(root);
    return runs.some(isMeasured) ? EXIT.ok : EXIT.failed;
  });
}

function matrixOf({ matrix = 'tr114', only }: BenchOptions) {
  try {
    const cells = readMatrix(matrix === 'tr114' ? matrix : resolve(matrix));
    return only === undefined ? cells : onlyCells(cells, only);
  } catch (error) {
    if (error instanceof MatrixError) throw usageFailure(`--matrix: ${error.message}.`);
    throw error;
  }
}

function openCell(cell: PlannedCell, root: string, resume: boolean): OpenCell {
  const results = usingResults(() => ResultFolder.open(join(root, cell.folder), cell.settings, resume));
  return { ...cell, results };
}

async function runCells(cells: readonly OpenCell[], surroundings: Surroundings): Promise<void> {
  for (const { id, settings, results } of cells) {
    if (surroundings.interrupt.aborted) return;
    surroundings.progress.note(`${settings.scenario} ${id}`);
    await runConfiguration(settings, surroundings, results);
    surroundings.progress.hide();
    for (const line of describeRun(results)) say(`${id}: ${line}`);
  }
}

async function timeOf(cells: readonly OpenCell[], surroundings: Surroundings): Promise<string> {
  const servers = differentServers(surroundings);
  const agents = workingAgents(surroundings);
  const missing = cells.map(({ results, settings }) => ({ settings, runs: results.missing(settings.runs).length }));
  const runs = missing.reduce((sum, cell) => sum + cell.runs, 0);
  const works = missing.reduce((sum, cell) => sum + worksOf(cell.settings, cell.runs, servers, agents), 0);
  surroundings.progress.expect(works);
  const what = `${counted(cells.length, 'configuration')}, ${counted(runs, 'run')} to measure`;
  const [first] = missing;
  if (first === undefined || works === 0) return `${what}: nothing is left to do.`;
  const agent = measuredAgent(agents[0] ?? PAIR[0], 0, {}, first.settings);
  const seconds = await secondsOfWork(benchOf(first.settings, surroundings), agent);
  if (seconds === undefined) return `${what}; how long it takes is unknown: a first short call did not succeed.`;
  return `${what}: at most about ${duration(works * seconds)}, by one short call and answers as long as they may be.`;
}
