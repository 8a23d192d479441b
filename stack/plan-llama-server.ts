/** A GGUF file and the llama-server that is to serve it: both must be there before anything is started. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { usageFailure } from './failure.ts';
import type { OptionValues } from './options.ts';

/** A llama-server of our own. */
export interface LlamaServerPlan {
  /** Absolute path. */
  binary: string;
  /** Absolute path of a GGUF file. */
  modelFile: string;
  /** What is passed on as it is, like `-ngl 99`. */
  arguments: string[];
  /** Parallel requests (`-np`); undefined: as the server has it. */
  slots: number | undefined;
  /** Port to begin with; another free one is taken where somebody else listens. */
  port: number;
}

const PORT = 8000;
const PROGRAM = 'llama-server';
const WHERE_TO_GET_IT =
  'Get one with "brew install llama.cpp" or from https://github.com/ggml-org/llama.cpp/releases, or name it with --llama-server.';

type Wanted = Pick<OptionValues, 'llamaServer' | 'llamaArgs' | 'slots'> & { model: string };

/** Whether a model is a file to serve, and not the name of a model that a server has. */
export function isModelFile(model: string): boolean {
  return /\.gguf$/i.test(model);
}

/** `folder`: what paths are relative to. @throws Failure (exit code 2) when the file or the program is not there */
export function planLlamaServer(wanted: Wanted, folder: string, environment: NodeJS.ProcessEnv): LlamaServerPlan {
  const { model, llamaServer, llamaArgs = [], slots } = wanted;
  const modelFile = resolve(folder, model);
  if (!isFile(modelFile)) throw usageFailure(`--model ${model}: there is no such file (looked for ${modelFile}).`);
  const binary =
    llamaServer === undefined ? programOnPath(model, environment) : namedProgram(llamaServer, folder, environment);
  return { binary, modelFile, arguments: llamaArgs, slots, port: PORT };
}

function programOnPath(model: string, environment: NodeJS.ProcessEnv): string {
  const found = onPath(PROGRAM, environment);
  if (found !== undefined) return found;
  throw usageFailure(`--model ${model} needs ${PROGRAM}, and there is none on the PATH. ${WHERE_TO_GET_IT}`);
}

function namedProgram(given: string, folder: string, environment: NodeJS.ProcessEnv): string {
  const path = /[/\\]/.test(given) ? resolve(folder, given) : (onPath(given, environment) ?? resolve(folder, given));
  if (!isFile(path))
    throw usageFailure(`--llama-server ${given}: there is no such program (looked for ${path}). ${WHERE_TO_GET_IT}`);
  if (!isExecutable(path))
    throw usageFailure(`--llama-server ${given}: ${path} may not be executed; chmod +x makes it so.`);
  return path;
}

function onPath(program: string, { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(join(folder, program))).find((path) => isFile(path) && isExecutable(path));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
