/** A line of the log as a person sees it. Nothing in it is obeyed by a terminal, and nothing in it looks like the beginning of another line. */
import type { PrettyOptions } from 'pino-pretty';
import { printable } from '../../printable.ts';
import { type Entry, readEntry } from './selection.ts';

export type ShowLine = (line: Buffer) => string;

/** What stands before the message, or says nothing to a person. */
const IN_FRONT = 'pid,name,agent,chat,run,turn,kind,id,child';

/** The lines as they are; on a terminal without what it would obey. */
export function asItIs(isTerminal: boolean): ShowLine {
  return (line) => (isTerminal ? printable(line.toString('utf8')) : line.toString('utf8'));
}

/** One line for an entry: when, how severe, who says it, about what, the message, the rest. Lines that are no entry stay as they are. */
export async function pretty(colorize: boolean): Promise<ShowLine> {
  const { prettyFactory } = await import('pino-pretty');
  const options: PrettyOptions = {
    colorize,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    ignore: IN_FRONT,
    singleLine: true,
    messageFormat: (entry) => messageOf(entry),
  };
  const format = prettyFactory(options);
  return (line) => {
    const text = line.toString('utf8');
    const entry = readEntry(text);
    if (entry === undefined) return printable(text);
    return format(harmless(entry)).trimEnd().replaceAll('\n', '\n    ');
  };
}

function messageOf({ name, agent, chat, run, turn, msg }: Entry): string {
  const place = [agent === name ? undefined : agent, chat === 'main' ? undefined : chat, ofTurn(run, turn)];
  const about = [name, ...place].filter((part) => part !== undefined).join(' ');
  return about === '' ? `${msg ?? ''}` : `${about}: ${msg ?? ''}`;
}

/** A run with the number of its turn; 0 is no turn but the message. */
function ofTurn(run: unknown, turn: unknown): unknown {
  return run === undefined || turn === undefined || turn === 0 ? run : `${run}.${turn}`;
}

/** Every text in it printable. */
function harmless<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map(harmless) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [printable(key), harmless(part)])) as T;
}
