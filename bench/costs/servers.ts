/** The processes a benchmark needs: model server, pipe proxy, and the stack as a user starts it. All end with the benchmark. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface RunningServer {
  url: string;
  close(): Promise<void>;
}

async function forkServer(file: string, argument: string): Promise<RunningServer> {
  const child = fork(join(import.meta.dirname, file), [argument], { execArgv: ['--import', 'tsx'] });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return { url, close: () => ended(child, () => child.disconnect()) };
}

export function startModelServer(settings: object): Promise<RunningServer> {
  return forkServer('model-server.ts', JSON.stringify(settings));
}

export function startPipeProxy(target: string): Promise<RunningServer> {
  return forkServer('pipe-proxy.ts', target);
}

export interface RunningStack extends RunningServer {
  folder: string;
  /** Secret of the data folder. */
  token: string;
  /** Milliseconds from the command to `/readyz` 200. */
  readyMs: number;
  processes(): { id: string; kind: string; pid: number }[];
}

/** Starts `npx tsx run.ts` with these flags on a data folder of its own and a free port, and waits for `/readyz`. */
export async function startStack(flags: readonly string[]): Promise<RunningStack> {
  const folder = mkdtempSync(join(tmpdir(), 'interject-bench-'));
  const startedAt = performance.now();
  const child = spawn('npx', ['tsx', 'run.ts', '--data', folder, '--port', '0', '--log-level', 'info', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = await untilReady(folder, child);
  const readyMs = performance.now() - startedAt;
  await untilAgentsReady(url);
  const processes = (): ReturnType<RunningStack['processes']> => pidFile(folder)?.processes ?? [];
  const close = async (): Promise<void> => {
    const stop = spawn('npx', ['tsx', 'run.ts', '--stop', '--data', folder], { cwd: ROOT, stdio: 'ignore' });
    await ended(child, () => once(stop, 'exit'));
    rmSync(folder, { recursive: true, force: true });
  };
  const token = readFileSync(join(folder, 'token'), 'utf8').trim();
  return { url, folder, token, readyMs, processes, close };
}

async function untilReady(folder: string, child: ChildProcess): Promise<string> {
  while (child.exitCode === null) {
    const url = pidFile(folder)?.url;
    const reply = url === undefined ? undefined : await fetch(`${url}/readyz`).catch(() => undefined);
    if (url !== undefined && reply?.ok) return url;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the stack did not start (exit code ${child.exitCode})`);
}

async function untilAgentsReady(url: string): Promise<void> {
  for (;;) {
    const { agents } = (await (await fetch(`${url}/agents`)).json()) as { agents: { state: string }[] };
    if (agents.every(({ state }) => state === 'ready')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface PidFile {
  url: string;
  processes: { id: string; kind: string; pid: number }[];
}

function pidFile(folder: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'agent_pids.json'), 'utf8')) as PidFile;
  } catch {
    return undefined;
  }
}

async function ended(child: ChildProcess, end: () => unknown): Promise<void> {
  const exit = child.exitCode === null ? once(child, 'exit') : undefined;
  await end();
  await exit;
}
