/** The data folder, the stack that may run there, and the port. Nothing is left behind. */
import { existsSync, mkdtempSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { dataFolder } from '../../data-folder.ts';
import { messageOf } from '../../failure.ts';
import { describeListenError } from '../../listen-error.ts';
import { isLocked } from '../../lock.ts';
import { readPidFile } from '../../pid-file.ts';
import { isAlive } from '../../process-identity.ts';
import { type Finding, fail, note, ok } from './finding.ts';

const CHOOSE = 'Make it writable for you, or choose another one with --data.';

/** `folder`: absolute. */
export function checkFolder(folder: string): Finding {
  try {
    if (!existsSync(folder)) {
      rmdirSync(mkdtempSync(join(nearestExisting(folder), 'interject-doctor-')));
      return ok('data', `${folder} is made by the first start`);
    }
    if (!statSync(folder).isDirectory())
      return fail('data', `${folder} is no folder`, 'Choose another one with --data.');
    const file = join(folder, `doctor.${process.pid}.new`);
    writeFileSync(file, 'x');
    rmSync(file);
    return ok('data', `${folder} can be written`);
  } catch (error) {
    return fail('data', `${folder} cannot be written: ${messageOf(error)}`, CHOOSE);
  }
}

function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}

export interface StackFinding {
  finding: Finding;
  /** Where its gateway answers; undefined: none runs, or it has not got that far. */
  url: string | undefined;
  isRunning: boolean;
}

/** The stack that runs with this folder, or what one that was killed has left. */
export function checkStack(folder: string): StackFinding {
  const { lock, pidFile } = dataFolder(folder);
  const record = readPidFile(pidFile);
  const url = record?.url || undefined;
  if (isLocked(lock)) {
    return { finding: ok('stack', `runs${url === undefined ? ', starting' : ` at ${url}`}`), url, isRunning: true };
  }
  if (record === undefined)
    return { finding: ok('stack', 'none runs with this data folder'), url: undefined, isRunning: false };
  const left = record.processes.filter(isAlive).length;
  const text = `one with this data folder was killed${left === 0 ? '' : `; ${left} of its processes still run`}`;
  const finding = note('stack', text, 'npx tsx run.ts --stop cleans up; the next start does so too.');
  return { finding, url: undefined, isRunning: false };
}

/** Whether the gateway can listen. `running`: the address of the stack of this folder. */
export async function checkPort(host: string, port: number, running: string | undefined): Promise<Finding> {
  if (port === 0) return ok('port', 'a free one is picked');
  if (running !== undefined && new URL(running).port === String(port))
    return ok('port', `${port} is used by this stack`);
  try {
    await listenOnce(host, port);
    return ok('port', `${port} on ${host} is free`);
  } catch (error) {
    const told = describeListenError(error, host, port);
    // A stack that runs elsewhere does not need it.
    return running === undefined ? fail('port', messageOf(told)) : note('port', messageOf(told));
  }
}

function listenOnce(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
