/** Runs `chat`: finds the stack or starts a private one, and talks to it through the terminal or a pipe. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EndingSignals } from '../../ending-signals.ts';
import { EXIT, Failure, messageOf } from '../../failure.ts';
import { flagOf, type GivenOptions } from '../../options.ts';
import { printable } from '../../printable.ts';
import { readOptions } from '../../read-options.ts';
import { paintFor } from '../../terminal.ts';
import { Conversation } from './conversation.ts';
import { pipedChat } from './piped-chat.ts';
import { startPrivateStack } from './private-stack.ts';
import { StackAccess } from './stack-access.ts';
import { TerminalChat } from './terminal-chat.ts';

export interface ChatInvocation {
  /** Agent; undefined: the first one. */
  argument: string | undefined;
  own: { chat: string };
  given: GivenOptions;
}

type Note = (line: string) => void;

/** A stack to talk to, and how to let go of it. */
interface Attached {
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

/** Returns the exit code. @throws Failure */
export async function runChat({ argument, own, given }: ChatInvocation): Promise<number> {
  const signals = new EndingSignals();
  const leaving = new AbortController();
  void signals.first.then(() => leaving.abort());
  const said = new Notes();
  try {
    const attached = await attach(given, said.note, leaving.signal);
    try {
      const conversation = await open(attached.stack, argument, own.chat);
      return await converse(conversation, attached.description, said, signals);
    } finally {
      await attached.release();
    }
  } catch (error) {
    if (leaving.signal.aborted) return signals.received === 'SIGINT' ? EXIT.interrupted : EXIT.failed;
    throw error;
  }
}

/** Where notes go: to stderr until somebody shows them better. */
class Notes {
  show: Note = (line) => void process.stderr.write(`interject: ${printable(line)}\n`);
  readonly note: Note = (line) => this.show(line);
}

async function attach(given: GivenOptions, note: Note, signal: AbortSignal): Promise<Attached> {
  const { options } = await readOptions(given);
  const stack = new StackAccess(resolve(options.data), options.token);
  if (!stack.isRunning()) return startedFor(given, options.token, note, signal);
  const ignored = OF_A_START.filter((name) => name in given).map(flagOf);
  if (ignored.length > 0) note(`a stack runs already with this data folder: ${ignored.join(', ')} not used`);
  await answering(stack, signal);
  return { stack, description: `the stack at ${stack.url}`, release: async () => {} };
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

async function open(stack: StackAccess, agent: string | undefined, chat: string): Promise<Conversation> {
  try {
    return await Conversation.open(stack, agent, chat);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`The stack at ${stack.url} refuses, or does not answer: ${messageOf(error)}`);
  }
}

async function converse(
  conversation: Conversation,
  description: string,
  notes: Notes,
  signals: EndingSignals,
): Promise<number> {
  const { stdin: input, stdout: output } = process;
  if (input.isTTY && output.isTTY) {
    const chat = new TerminalChat(conversation, { input, output, paint: await paintFor(output), description });
    notes.show = (line) => chat.note(line);
    void signals.first.then((signal) => (signal === 'SIGINT' ? chat.interrupt() : chat.leave(EXIT.failed)));
    void signals.impatience.then(() => chat.leave(EXIT.interrupted));
    return chat.run();
  }
  notes.note(`${conversation.agent}, ${conversation.model}; ${description}`);
  const leaving = new AbortController();
  void signals.first.then(() => leaving.abort());
  const code = await pipedChat(conversation, { input, output, note: notes.note }, leaving.signal);
  if (signals.received === undefined) return code;
  return signals.received === 'SIGINT' ? EXIT.interrupted : EXIT.failed;
}
