/** The stack that a subcommand speaks to: the running one of the data folder, else a private one that ends with it. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { flagOf, type GivenOptions } from '../options.ts';
import { readOptions } from '../read-options.ts';
import { startPrivateStack } from './chat/private-stack.ts';
import { StackAccess } from './chat/stack-access.ts';

/** Whoever reads it gets notes, line by line. */
export type Note = (line: string) => void;

/** A stack to talk to, and how to let go of it. */
export interface Attached {
  stack: StackAccess;
  /** For people: which one. */
  description: string;
  release(): Promise<void>;
}

/** What a stack that runs already does not take from us. */
const OF_A_START = [
  'config',
  'host',
  'port',
  'allowHost',
  'agents',
  'backend',
  'model',
  'llamaServer',
  'llamaArgs',
].concat(['slots', 'policy', 'durability', 'graceSeconds', 'logLevel']);
const BEGINNING_MS = 60_000;
const LOOK_MS = 50;

/**
 * @param agents what a private stack runs when its configuration names no agents; default: what a start runs
 * @throws Failure; the signal's reason
 */
export async function attach(
  given: GivenOptions,
  note: Note,
  signal: AbortSignal,
  agents: readonly string[] = [],
): Promise<Attached> {
  const { options, configuration } = await readOptions(given);
  const stack = new StackAccess(resolve(options.data), options.token);
  if (!stack.isRunning()) {
    const isNew = agents.length > 0 && configuration?.agents === undefined;
    return startedFor(isNew ? { agents: agents.join(','), ...given } : given, options.token, note, signal);
  }
  await mustTake(given, stack, note, signal);
  return { stack, description: `the stack at ${stack.url}`, release: async () => {} };
}

/** The stack that runs already. @throws Failure there is none; the signal's reason */
export async function attachToRunning(given: GivenOptions, note: Note, signal: AbortSignal): Promise<StackAccess> {
  const { options } = await readOptions(given);
  const stack = new StackAccess(resolve(options.data), options.token);
  if (!stack.isRunning()) {
    throw new Failure(`No stack runs with the data folder ${stack.folder}. Start one, or say which with --data.`);
  }
  await mustTake(given, stack, note, signal);
  return stack;
}

/** What the stack does not take from us is said; it is there when this resolves. */
async function mustTake(given: GivenOptions, stack: StackAccess, note: Note, signal: AbortSignal): Promise<void> {
  const ignored = OF_A_START.filter((name) => name in given).map(flagOf);
  if (ignored.length > 0) note(`a stack runs already with this data folder: ${ignored.join(', ')} not used`);
  await answering(stack, signal);
}

async function startedFor(
  given: GivenOptions,
  token: string | undefined,
  note: Note,
  signal: AbortSignal,
): Promise<Attached> {
  const { folder, close } = await startPrivateStack(
    given,
    token,
    (line) => note(line.replace(/^interject: /, '')),
    signal,
  );
  return { stack: new StackAccess(folder, token), description: 'a private stack: nothing is kept', release: close };
}

/** A stack that has just begun has its lock before its address. */
async function answering(stack: StackAccess, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + BEGINNING_MS;
  while (stack.url === '') {
    if (!stack.isRunning() || performance.now() > deadline) {
      throw new Failure(`The stack of ${stack.folder} has no address. See --status.`);
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}
