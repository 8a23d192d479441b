/**
 * How long `policy test` takes on the database of a real run: records 100,000 deltas through a stack as a user starts it, then tests
 * policies on them with the command itself, while that stack still runs. Prints the figures; exit code 1 when one misses its mark.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startModelServer, startStack } from './servers.ts';
import { median } from './statistics.ts';
import { measureThroughput } from './throughput.ts';

const ROOT = join(import.meta.dirname, '../..');
const STREAMS = 50;
const WORDS = 2000;
const ROUNDS = 3;
const DELTAS = 100_000;
/** Seconds to read and replay them. */
const MARK_SECONDS = 2;
const CANDIDATES: [use: string, ...flags: string[]][] = [
  ['error-keyword'],
  ['secrets'],
  ['pattern', '--options', '{"literals":["never"],"expressions":["n[eo]ver [a-z]{3}"]}'],
  ['off-topic', '--options', '{"forbidden":["never"]}'],
];

interface Report {
  tookMs: number;
  turns: number;
  deltas: number;
  characters: number;
  flagged: number;
  disagreements: number;
}

async function test(folder: string, use: string, flags: readonly string[]): Promise<Report> {
  const given = ['tsx', 'run.ts', 'policy', 'test', use, ...flags, '--json', '--data', folder];
  const { stdout } = await promisify(execFile)('npx', given, { cwd: ROOT, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout) as Report;
}

async function measure(folder: string, [use, ...flags]: readonly [string, ...string[]]): Promise<boolean> {
  const seconds: number[] = [];
  const wholeCommand: number[] = [];
  let report: Report | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    report = await test(folder, use, flags);
    wholeCommand.push((performance.now() - startedAt) / 1000);
    seconds.push(report.tookMs / 1000);
  }
  const { turns = 0, deltas = 0, characters = 0, flagged = 0, disagreements = 0 } = report ?? {};
  const middle = median(seconds);
  const isReached = middle <= MARK_SECONDS && deltas >= DELTAS && disagreements === 0;
  const times = seconds.map((one) => one.toFixed(2)).join(', ');
  const found = `flagged ${flagged}, disagreements ${disagreements}`;
  console.log(
    `${isReached ? 'ok  ' : 'MISS'} ${use}: ${middle.toFixed(2)} s (${times}) for ${deltas} deltas, ${characters} characters, ` +
      `${turns} turns; ${found}; the whole command ${median(wholeCommand).toFixed(2)} s (mark: ${MARK_SECONDS} s)`,
  );
  return isReached;
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT }).toString().trim();
console.log(`machine: ${cpus().length} x ${cpus()[0]?.model}, node ${process.version}, commit ${commit}`);
console.log('Model server and stack still run, and share the cores.');
const agents = ['one', 'two', 'three', 'four'];
const model = await startModelServer({ slots: 64, ttftMs: 0, tokensPerSecond: 0 });
const stack = await startStack(['--backend', model.url, '--agents', agents.join(',')]);
const { sent, tokensPerSecond } = await measureThroughput(stack, model.url, agents, STREAMS, WORDS);
console.log(`recorded ${sent} deltas at ${Math.round(tokensPerSecond)} tokens/s`);
const reached: boolean[] = [];
for (const candidate of CANDIDATES) reached.push(await measure(stack.folder, candidate));
for (const server of [stack, model]) await server.close();
process.exitCode = reached.every(Boolean) ? 0 : 1;
