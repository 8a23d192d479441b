/** Runs `policy test`: a policy, on what a stack has recorded or on a transcript. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BacktestTask } from '../../../../supervisor/backtest/task.ts';
import { EXIT, Failure, messageOf, usageFailure } from '../../../failure.ts';
import { flagOf } from '../../../options.ts';
import { policyProblem, resolvePolicy } from '../../../plan-policies.ts';
import { bundlePolicy } from '../../../policy-bundle.ts';
import { readOptions } from '../../../read-options.ts';
import { say } from '../../../terminal.ts';
import { stopBundler } from '../../../user-module.ts';
import type { GivenTexts } from '../../declare.ts';
import { runBacktest } from './replay-thread.ts';
import { type FullReport, reportLines } from './report-lines.ts';
import { readTranscript, unmet } from './transcript.ts';

export interface TestValues {
  chat: string | undefined;
  since: string | undefined;
  transcript: string | undefined;
  /** JSON. */
  options: string | undefined;
  json: boolean;
}

/** Returns 0, or 1 when the policy misses what a person marked as bad, fails, or does not do what a transcript expects. @throws Failure */
export async function testPolicy(
  [use, ...more]: readonly string[],
  values: TestValues,
  given: GivenTexts,
): Promise<number> {
  if (use === undefined)
    throw usageFailure('policy test: name a policy file, or a built-in policy. See policy --help.');
  if (more.length > 0) throw usageFailure(`policy test: one policy, please; "${more.join(' ')}" is too much.`);
  if (values.transcript !== undefined) refuseOfRecordings({ ...given, chat: values.chat, since: values.since });
  const problem = policyProblem(use);
  if (problem !== undefined) throw usageFailure(`policy test: ${problem}.`);
  const folder = mkdtempSync(join(tmpdir(), 'interject-policy-test-'));
  try {
    const report = await test(use, values, given, folder);
    say(values.json ? JSON.stringify(report, null, 2) : reportLines(report).join('\n'));
    return hasPassed(report) ? EXIT.ok : EXIT.failed;
  } finally {
    await stopBundler();
    rmSync(folder, { recursive: true, force: true });
  }
}

function hasPassed({ missed, unmet: notMet, items, passedOver }: FullReport): boolean {
  const hasFailed = items.some(({ decisions }) => decisions.some(({ action }) => action === 'failed'));
  return missed.length === 0 && notMet.length === 0 && !hasFailed && passedOver === 0;
}

async function test(use: string, values: TestValues, given: GivenTexts, folder: string): Promise<FullReport> {
  const options = values.options === undefined ? undefined : readJson(values.options);
  const source = await load(use, folder);
  if (values.transcript !== undefined) {
    const { items, labels, expectations } = readTranscript(values.transcript);
    const report = await runBacktest({ ...source, options, recorded: { items, labels } });
    return { ...report, unmet: unmet(report, expectations) };
  }
  const filter = { chat: values.chat, since: readDate(values.since) };
  const recorded = { database: await databaseOf(given), filter };
  return { ...(await runBacktest({ ...source, options, recorded })), unmet: [] };
}

/** @throws Failure (exit code 2) for what only chooses among recordings */
function refuseOfRecordings(values: Readonly<Record<string, unknown>>): void {
  const name = Object.keys(values).find((one) => one !== 'config' && values[one] !== undefined);
  if (name !== undefined) throw usageFailure(`policy test: use ${flagOf(name)} or --transcript, not both.`);
}

async function load(use: string, folder: string): Promise<Pick<BacktestTask, 'use' | 'file' | 'version'>> {
  const { path } = resolvePolicy(use, process.cwd());
  if (path === undefined) return { use, file: undefined, version: 'built-in' };
  const { file, version } = await bundlePolicy(path, use, folder);
  return { use, file, version };
}

async function databaseOf(given: GivenTexts): Promise<string> {
  const { options } = await readOptions(given);
  const database = join(resolve(options.data), 'interject.db');
  if (existsSync(database)) return database;
  throw new Failure(`There are no recordings in ${resolve(options.data)}: name a stack's folder with --data.`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageFailure(`--options: ${messageOf(error)}; use JSON like '{"words":["x"]}'.`);
  }
}

function readDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw usageFailure(`--since: "${text}" is not a date; use one like 2026-01-31.`);
  return time;
}
