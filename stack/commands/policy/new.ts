/** `policy new NAME`: writes a commented policy to begin with into the current folder. It never overwrites a file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_IN_POLICIES } from '../../../policy/built-in.ts';
import { readPolicy } from '../../../policy/read-policy.ts';
import { Failure, messageOf, usageFailure } from '../../failure.ts';
import { say } from '../../terminal.ts';
import { skeleton } from './skeleton.ts';

/** Returns the exit code. @throws Failure for a wrong name (exit code 2) and for a file that is there or cannot be written (1) */
export async function newPolicy([name, ...more]: readonly string[], folder: string): Promise<number> {
  if (name === undefined) throw usageFailure('policy new: say how it is to be called, as in: policy new my-policy.');
  if (more.length > 0) throw usageFailure(`policy new: one name, please; "${more.join(' ')}" is too much.`);
  checkName(name);
  write(join(folder, `${name}.ts`), `${name}.ts`, skeleton(name));
  say(`${name}.ts is written: it objects to the word "forbidden". Edit it, then start with it:`);
  say(`  npx tsx run.ts --policy ./${name}.ts`);
  say('and talk to an agent in another terminal:');
  say('  npx tsx run.ts chat');
  return 0;
}

function checkName(name: string): void {
  if (BUILT_IN_POLICIES.has(name) || name === 'none') {
    throw usageFailure(`policy new: "${name}" means something already; choose another name.`);
  }
  try {
    readPolicy({ name, onMessage: () => undefined });
  } catch (error) {
    throw usageFailure(`policy new: ${messageOf(error)}.`);
  }
}

function write(path: string, shownAs: string, text: string): void {
  try {
    // Of two that write at once only one can.
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new Failure(`policy new: ${shownAs} is there already; it stays as it is.`);
    throw new Failure(`policy new: ${shownAs} cannot be written: ${messageOf(error)}.`);
  }
}
