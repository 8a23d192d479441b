/** Looks for what a llama-server of ours needs before anything is started: the model and the program. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { EXIT, Failure, messageOf, usageFailure } from '../failure.ts';

const MAGIC = 'GGUF';

const WHERE_TO_GET =
  'Get it with "brew install llama.cpp" or from https://github.com/ggml-org/llama.cpp/releases (Debian 12 has no package), ' +
  'and put it on the PATH or name it with --llama-server BIN. A server that runs already is used with --backend URL.';

/** @throws Failure (exit code 2) when the file is missing, cannot be read or is no GGUF file */
export function checkModelFile(file: string): void {
  const beginning = readBeginning(file);
  if (beginning === MAGIC) return;
  throw usageFailure(
    `--model ${file}: this is not a GGUF file (it does not begin with "${MAGIC}"); llama-server cannot load it.`,
  );
}

function readBeginning(file: string): string {
  try {
    if (statSync(file).isDirectory()) throw new Error('it is a folder; name the .gguf file in it');
    const descriptor = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(MAGIC.length);
      return bytes.toString('latin1', 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw usageFailure(`--model ${file}: ${isMissing ? 'there is no such file.' : messageOf(error)}`);
  }
}

/**
 * The path of the program. `named`: a path, or a name to look for on the PATH.
 * @throws Failure when there is none: exit code 2 for a path, 1 for a name
 */
export function findBinary(named: string, path = process.env.PATH ?? ''): string {
  if (named.includes('/')) return checkProgram(resolve(named), named);
  const found = path
    .split(delimiter)
    .map((folder) => join(resolve(folder), named))
    .find(isProgram);
  if (found !== undefined) return found;
  throw new Failure(`A GGUF model needs the program ${named}, which is not on the PATH. ${WHERE_TO_GET}`, EXIT.failed);
}

function checkProgram(file: string, named: string): string {
  if (isProgram(file)) return file;
  const isThere = statSync(file, { throwIfNoEntry: false })?.isFile();
  const what = isThere
    ? `it may not be executed; try "chmod +x ${named}"`
    : `there is no such program. ${WHERE_TO_GET}`;
  throw usageFailure(`--llama-server ${named}: ${what}`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
