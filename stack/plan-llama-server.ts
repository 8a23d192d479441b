/** A GGUF file that a llama-server of our own is to serve. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageFailure } from './failure.ts';
import type { OptionValues } from './options.ts';

/** A llama-server of our own. */
export interface LlamaServerPlan {
  /** Path, or a name to look for on the PATH. */
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

type Wanted = Pick<OptionValues, 'llamaServer' | 'llamaArgs' | 'slots'> & { model: string };

/** Whether a model is a file to serve, and not the name of a model that a server has. */
export function isModelFile(model: string): boolean {
  return /\.gguf$/i.test(model);
}

/** `folder`: what paths are relative to. @throws Failure (exit code 2) when the file is not there */
export function planLlamaServer(wanted: Wanted, folder: string): LlamaServerPlan {
  const { model, llamaServer = PROGRAM, llamaArgs = [], slots } = wanted;
  const modelFile = resolve(folder, model);
  if (!statSync(modelFile, { throwIfNoEntry: false })?.isFile()) {
    throw usageFailure(`--model ${model}: there is no such file (looked for ${modelFile}).`);
  }
  const binary = /[/\\]/.test(llamaServer) ? resolve(folder, llamaServer) : llamaServer;
  return { binary, modelFile, arguments: llamaArgs, slots, port: PORT };
}
