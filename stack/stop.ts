/** `--stop`: ends the stack of a data folder and leaves no process, PID file or socket behind. It works without the stack's help too. */
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataFolder, dataFolder } from './data-folder.ts';
import { EXIT, Failure } from './failure.ts';
import { acquireLock, type Lock } from './lock.ts';
import { type PidRecord, type RecordedProcess, readPidFile, removePidFile } from './pid-file.ts';
import { isAlive, signalProcess } from './process-identity.ts';
import { socketPath } from './socket-path.ts';
import { endSurvivors, haveEnded } from './survivors.ts';
import { say } from './terminal.ts';

/** What init may take beyond its grace period. */
const MARGIN_MS = 5000;
/** A stack that has just begun has its lock a moment before its PID file. */
const BEGINNING_MS = 2000;
const LOOK_MS = 50;

/** `graceMs`: how long the stack may take to end before it is killed. Returns the exit code. @throws Failure when it cannot be ended */
export async function stop({ folder, graceMs }: { folder: string; graceMs: number }): Promise<number> {
  const data = dataFolder(folder);
  if (!existsSync(data.lock) && !existsSync(data.pidFile)) return nothingRuns(data);
  const lock = acquireLock(data.lock);
  if (lock !== undefined) return holding(lock, () => cleanUp(data));
  const { init, processes } = await findInit(data);
  say(`Stopping the stack of ${folder} (process ${init.pid}) …`);
  signalProcess(init, 'SIGTERM');
  const hasEnded = await haveEnded([init], graceMs + MARGIN_MS);
  if (!hasEnded) signalProcess(init, 'SIGKILL');
  await endSurvivors([...processes, ...(readPidFile(data.pidFile)?.processes ?? [])]);
  await removeRest(data);
  say(hasEnded ? 'Stopped.' : `It did not end within ${(graceMs + MARGIN_MS) / 1000} s and was killed.`);
  return EXIT.ok;
}

function nothingRuns({ folder }: DataFolder): number {
  say(`Nothing runs with the data folder ${folder}.`);
  return EXIT.ok;
}

async function holding<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** The lock is free: whatever the PID file names was left behind. */
async function cleanUp(data: DataFolder): Promise<number> {
  const record = readPidFile(data.pidFile);
  if (record === undefined) return nothingRuns(data);
  const survivors = await endSurvivors(record.processes);
  removeFiles(data);
  say(
    `Nothing ran with the data folder ${data.folder}; removed what a killed stack had left (processes: ${survivors.length}).`,
  );
  return EXIT.ok;
}

async function findInit(data: DataFolder): Promise<{ init: RecordedProcess; processes: RecordedProcess[] }> {
  const deadline = performance.now() + BEGINNING_MS;
  for (;;) {
    const { processes }: Pick<PidRecord, 'processes'> = readPidFile(data.pidFile) ?? { processes: [] };
    const init = processes.find((recorded) => recorded.kind === 'init' && isAlive(recorded));
    if (init !== undefined) return { init, processes };
    if (performance.now() > deadline) throw unknownInit(data);
    await sleep(LOOK_MS);
  }
}

function unknownInit({ folder, pidFile, lock }: DataFolder): Failure {
  return new Failure(
    `A stack runs with the data folder ${folder}, but ${pidFile} does not say as which process. ` +
      `Find out who has ${lock} open, for example with "fuser ${lock}", and end that process.`,
  );
}

/** Init removes its files itself; after it was killed somebody has to. */
async function removeRest(data: DataFolder): Promise<void> {
  const lock = acquireLock(data.lock, BEGINNING_MS);
  if (lock === undefined) return;
  await holding(lock, async () => removeFiles(data));
}

function removeFiles({ folder, pidFile }: DataFolder): void {
  removePidFile(pidFile);
  rmSync(socketPath(folder), { force: true });
}
