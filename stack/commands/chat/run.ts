/** Runs `chat`: finds the stack or starts a private one, and talks to it through the terminal or a pipe. */
import { EndingSignals } from '../../ending-signals.ts';
import { EXIT, Failure, messageOf } from '../../failure.ts';
import type { GivenOptions } from '../../options.ts';
import { printable } from '../../printable.ts';
import { paintFor } from '../../terminal.ts';
import { attach, type Note } from '../attach.ts';
import { Conversation } from './conversation.ts';
import { pipedChat } from './piped-chat.ts';
import type { StackAccess } from './stack-access.ts';
import { TerminalChat } from './terminal-chat.ts';

export interface ChatInvocation {
  /** Agent; undefined: the first one. */
  argument: string | undefined;
  own: { chat: string };
  given: GivenOptions;
}

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
