/** A stack that only this process uses: on a temporary data folder and a free port, ended with us, leaving nothing behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataFolder } from '../../data-folder.ts';
import { Failure } from '../../failure.ts';
import { flagOf, type GivenOptions } from '../../options.ts';
import { readPidFile } from '../../pid-file.ts';
import { PROJECT_ROOT } from '../../project.ts';
import { endSurvivors } from '../../survivors.ts';

/** Options that a private stack has its own values for. */
const OWN_VALUES = ['data', 'host', 'port', 'allowHost', 'token'];
const LOOK_MS = 20;
const ERROR_LINES = 20;
/** Later than what `EndingSignals` takes for the same wish. */
const IMPATIENT_MS = 600;

export interface PrivateStack {
  folder: string;
  /** Resolves when it has ended and its folder is gone. */
  close(): Promise<void>;
}

/**
 * Starts one with the options that were given, and waits until its gateway answers.
 * @param token its secret; undefined: a random one
 * @param onWarning what it says on stderr while it runs, line by line
 * @throws Failure what it failed with; the signal's reason
 */
export async function startPrivateStack(
  given: GivenOptions,
  token: string | undefined,
  onWarning: (line: string) => void,
  signal: AbortSignal,
): Promise<PrivateStack> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'interject-chat-'));
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(PROJECT_ROOT, 'stack/entries/private-stack.ts'), folder, ...argumentsOf(given)],
    // Detached: a Ctrl-C in the terminal is for the chat, which ends the stack itself.
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
      env: { ...process.env, ...(token !== undefined && { INTERJECT_TOKEN: token }) },
    },
  );
  const ended = once(child, 'close');
  const lines: string[] = [];
  let isReady = false;
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (isReady) onWarning(line);
      else lines.push(line);
    });
  }
  try {
    await ready(child, folder, lines, signal);
  } catch (error) {
    await end(child, ended, folder);
    throw error;
  }
  isReady = true;
  for (const line of lines) onWarning(line);
  return { folder, close: () => end(child, ended, folder) };
}

function argumentsOf(given: GivenOptions): string[] {
  return Object.entries(given)
    .filter(([name]) => !OWN_VALUES.includes(name))
    .flatMap(([name, values]) => [values].flat().flatMap((value) => [flagOf(name), value]));
}

async function ready(child: ChildProcess, folder: string, lines: string[], signal: AbortSignal): Promise<void> {
  const { pidFile } = dataFolder(folder);
  while (!readPidFile(pidFile)?.url) {
    if (hasEnded(child)) {
      const said = lines
        .slice(-ERROR_LINES)
        .join('\n')
        .replace(/^interject: /, '');
      throw new Failure(said || 'The private stack did not start.', child.exitCode ?? undefined);
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

async function end(child: ChildProcess, ended: Promise<unknown>, folder: string): Promise<void> {
  if (!hasEnded(child)) child.kill('SIGTERM');
  // Said twice it means now: nobody waits for an open answer any more. And the first may have come before anybody listened.
  const again = setInterval(() => child.kill('SIGTERM'), IMPATIENT_MS);
  await ended;
  clearInterval(again);
  // A stack that was killed leaves a llama-server, and nobody else has its record.
  await endSurvivors(readPidFile(dataFolder(folder).pidFile)?.processes ?? []);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
