/** The command line of a llama-server of ours: what a person adds to it, and what only we may say. Pure. */
import { basename } from 'node:path';
import { usageFailure } from '../failure.ts';
import type { LlamaServerPlan } from '../plan.ts';

/** Arguments that are ours, or that would make a server which the agents cannot speak to; with what to do instead. */
const REFUSED: readonly [names: RegExp, instead: string][] = [
  [/^(-m|--model)$/, 'the model is what --model says'],
  [
    /^(-mu|--model-url|-dr|--docker-repo|-hf|-hfr|--hf-repo|-hff|--hf-file)$/,
    'download the file and name it with --model',
  ],
  [/^--models-(dir|preset)$/, 'one server has one model, the one that --model says'],
  [/^(--host|--port|--reuse-port)$/, 'the stack chooses the address, on this machine only'],
  [/^--api-key(-file)?$/, 'set the environment variable LLAMA_API_KEY, which the agents use too'],
  [/^(--api-prefix|--ssl-key-file|--ssl-cert-file)$/, 'agents speak plain HTTP on this machine to it'],
];

/** @throws Failure (exit code 2) for an argument that only we may give */
export function refuseReserved(given: readonly string[]): void {
  for (const argument of given) {
    const name = argument.replace(/=.*/s, '');
    const refused = REFUSED.find(([names]) => names.test(name));
    if (refused !== undefined) throw usageFailure(`--llama-args: ${name} cannot be given there: ${refused[1]}.`);
  }
}

/** Everything but the address. What a person gave comes last, so that it wins. */
export function serverArguments({ modelFile, slots, arguments: given }: LlamaServerPlan): string[] {
  const parallel = slots === undefined ? [] : ['-np', String(slots)];
  return ['-m', modelFile, '--alias', modelAlias(modelFile), ...parallel, ...given];
}

export function addressArguments(port: number): string[] {
  return ['--host', '127.0.0.1', '--port', String(port)];
}

/** Every piece of an answer repeats it: the name of the file, without its ending and the number of a part; a comma would make it two. */
export function modelAlias(modelFile: string): string {
  const name = basename(modelFile).replace(/\.gguf$/i, '');
  return name.replace(/-\d{5}-of-\d{5}$/, '').replaceAll(',', '_') || 'model';
}
