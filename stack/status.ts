/** `--status`: what runs with a data folder, in which state. */
import { existsSync } from 'node:fs';
import { benchmarkLines } from './benchmark-lines.ts';
import { type DataFolder, dataFolder } from './data-folder.ts';
import { EXIT, messageOf } from './failure.ts';
import { isLocked } from './lock.ts';
import { type PidRecord, type RecordedProcess, readPidFile } from './pid-file.ts';
import { printable } from './printable.ts';
import { isAlive } from './process-identity.ts';
import { processMemory } from './process-memory.ts';
import { askStack, type StackHealth } from './stack-client.ts';
import { say } from './terminal.ts';
import { readToken } from './token.ts';

type PolicyHealth = StackHealth['overview']['policies'][number];

/** `token`: the one of the stack, if it was started with one of its own. Returns the exit code. */
export async function status({ folder, token }: { folder: string; token: string | undefined }): Promise<number> {
  const data = dataFolder(folder);
  const record = existsSync(data.pidFile) ? readPidFile(data.pidFile) : undefined;
  if (isLocked(data.lock)) return running(data, record, token ?? readToken(data.token));
  if (record !== undefined) return stale(data, record);
  say(`stopped: nothing runs with the data folder ${folder}`);
  return EXIT.stopped;
}

async function running(
  { folder }: DataFolder,
  record: PidRecord | undefined,
  token: string | undefined,
): Promise<number> {
  const { started_at, url, processes } = record ?? { started_at: '', url: '', processes: [] };
  say(`running${url && ` at ${url}`}${started_at && ` since ${started_at}`}, data folder ${folder}`);
  say('');
  for (const line of processLines(processes)) say(line);
  for (const line of await healthLines(url, token)) say(line);
  return EXIT.ok;
}

function stale({ folder }: DataFolder, { processes }: PidRecord): number {
  const living = processes.filter(isAlive);
  say(`stale: a stack with the data folder ${folder} was killed; --stop, or the next start, cleans up`);
  for (const line of processLines(living)) say(line);
  return EXIT.stale;
}

function processLines(processes: readonly RecordedProcess[]): string[] {
  const rows = processes.map((recorded) => {
    const bytes = processMemory(recorded.pid);
    const memory = bytes === undefined ? '' : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
    return [recorded.kind, recorded.id, String(recorded.pid), isAlive(recorded) ? memory : 'has ended'];
  });
  return table(['process', 'id', 'pid', 'memory'], rows);
}

async function healthLines(url: string, token: string | undefined): Promise<string[]> {
  if (url === '') return ['', 'The gateway does not answer yet.'];
  try {
    return describe(await askStack(url, token));
  } catch (error) {
    return ['', `The gateway at ${url} does not answer: ${messageOf(error)}`];
  }
}

function describe({ overview: { agents, backends, policies }, readiness, waiting, benchmarks }: StackHealth): string[] {
  const agentRows = agents.map(({ id, state, backend, fallback, model, queued, running, restarts, members }) => {
    const own = fallback === undefined ? backend : `${fallback} for ${backend}`;
    const place = members === undefined ? own : `${own} (${members.join(', ')})`;
    return [id, state, `${queued} queued, ${running} running`, place, model, String(restarts)];
  });
  const backendRows = backends.map(({ name, up, url, server, slots, model, detail }) => {
    const state = up ? `up${detail === undefined ? '' : `: ${detail}`}` : `down: ${detail ?? 'no answer'}`;
    return [name, state, url, server, model, String(slots)];
  });
  return [
    '',
    ...table(['agent', 'state', 'inbox', 'backend', 'model', 'restarts'], agentRows),
    '',
    ...table(['backend', 'state', 'address', 'server', 'model', 'slots'], backendRows),
    '',
    ...(policies.length === 0
      ? ['  no policies: nothing is judged']
      : table(['policy', 'version', 'state', 'verdicts', 'failures', 'reviews'], policies.map(policyRow))),
    ...policies.flatMap(problemLine),
    '',
    ...agents.flatMap(stoppedLine),
    ...(waiting === 0
      ? []
      : [`${waiting} ${waiting === 1 ? 'run waits' : 'runs wait'} for a person: see the page, or GET /approvals`]),
    ...benchmarkLines(benchmarks),
    readiness.ready ? 'ready' : `not ready: ${printable(readiness.reasons.join('; '))}`,
  ];
}

function policyRow({ name, version, quarantined, verdicts, failures, problem, reviews }: PolicyHealth): string[] {
  const counted = Object.entries(verdicts).filter(([, count]) => count > 0);
  const said = counted.map(([action, count]) => `${count} ${action}`).join(', ');
  const state = quarantined ? 'in quarantine' : 'in force';
  const saved = problem === undefined ? '' : ', not as saved';
  return [name, version, state + saved, said || 'none', String(failures), reviews === undefined ? '' : costOf(reviews)];
}

/** Tokens are the judge's: what it read and what it wrote. */
function costOf({ calls, ms, prompt_tokens, completion_tokens }: NonNullable<PolicyHealth['reviews']>): string {
  const seconds = (ms / 1000).toFixed(1);
  return `${calls} in ${seconds} s, ${prompt_tokens} + ${completion_tokens} tokens`;
}

/** In lines of their own: they are long. */
function problemLine({ name, quarantined, problem, lastFailure }: PolicyHealth): string[] {
  const release = `/policies/${encodeURIComponent(name)}/release`;
  return [
    ...(quarantined
      ? [`  ${printable(name)}: it did not return; save a mended version, or release it: POST ${release}`]
      : []),
    ...(lastFailure === undefined ? [] : [`  the last failure: ${oneLine(lastFailure)}`]),
    ...(problem === undefined ? [] : [`  ${printable(name)}: what was saved last does not load: ${oneLine(problem)}`]),
  ];
}

/** How one that was stopped for good comes back. */
function stoppedLine({ id, state }: StackHealth['overview']['agents'][number]): string[] {
  if (state !== 'stopped') return [];
  return [`${id} is stopped and its messages wait: restart it on the page, or with POST /agents/${id}/restart`];
}

function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ');
}

/** Rows with columns of even width. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
