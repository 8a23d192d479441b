/**
 * The transcript: what the model is shown, folded from the recorded history. Pure. Earlier runs count with the user's message
 * and the final answer only; the current run with its cut answers and the corrections that followed them, or, where the answer goes
 * on, with all corrections in the last user message and then the beginning of the answer.
 */
import type { ModelMessage } from '../agent/backend/backend.ts';
import { CORRECTION_MARK } from '../agent/backend/correction-mark.ts';
import { withLetterMark } from '../agent/backend/letter-mark.ts';
import type { RunStatus } from './events.ts';

/** A line of `chat_history` as the fold needs it, in the order of recording. */
export interface RecordedLine {
  run: string;
  runStatus: RunStatus | 'queued' | 'running';
  role: 'user' | 'assistant' | 'supervisor';
  content: string;
  /** Of another agent's message: its name, which the model is told. */
  from?: string | null;
  /** 0: the message itself. */
  turn: number;
  status: 'complete' | 'interrupted';
  /** 1: the next turn went on from this interrupted answer. */
  isContinued?: 0 | 1;
}

/** The beginning of an answer that the next turn goes on from. */
export interface Beginning {
  /** The turn that it was shown in. */
  turn: number;
  text: string;
}

/** A conversation in the parts that it can be shortened by. */
export interface Transcript {
  /** The system prompt; none, or one message. */
  system: readonly ModelMessage[];
  /** Earlier runs that left a trace, oldest first; each a user message and its answer. */
  earlier: readonly (readonly ModelMessage[])[];
  /** What the run that goes on consists of so far. */
  current: readonly ModelMessage[];
}

/**
 * Folds a chat into the conversation of the next turn of `run`. User and assistant alternate, beginning with a user message:
 * many chat templates refuse anything else. With a beginning, that comes last, without the white space at its end.
 */
export function foldTranscript(
  system: string,
  lines: readonly RecordedLine[],
  run: string,
  beginning?: Beginning,
): Transcript {
  const groups = groupByRun(lines);
  const isCurrent = (group: readonly RecordedLine[]): boolean => group[0]?.run === run;
  return {
    system: system === '' ? [] : [{ role: 'system', content: system }],
    earlier: groups
      .filter((group) => !isCurrent(group))
      .map(foldEarlier)
      .filter(({ length }) => length > 0),
    current: groups.filter(isCurrent).flatMap((group) => foldCurrent(group, beginning)),
  };
}

/** The message list as a model is shown it. */
export function messagesOf({ system, earlier, current }: Transcript): ModelMessage[] {
  return [...system, ...earlier.flat(), ...current];
}

function groupByRun(lines: readonly RecordedLine[]): RecordedLine[][] {
  const groups = new Map<string, RecordedLine[]>();
  for (const line of lines) {
    const group = groups.get(line.run);
    if (group === undefined) groups.set(line.run, [line]);
    else group.push(line);
  }
  return [...groups.values()];
}

/** Failed and blocked runs leave no trace: what they hold was refused or never judged. Nor do those that brought no text. */
function foldEarlier(group: readonly RecordedLine[]): ModelMessage[] {
  const status = group[0]?.runStatus;
  if (status !== 'answered' && status !== 'stopped') return [];
  // An answer is the last line of its run; a beginning that was cut is followed by its correction.
  const answer = group.at(-1);
  if (answer?.role !== 'assistant' || answer.content === '') return [];
  const asked = group
    .filter(({ role }) => role === 'user')
    .map((line) => ({ role: 'user', content: asTold(line) }) as const);
  return [...asked, { role: 'assistant', content: answer.content }];
}

/** A cut prefix stands before its correction; prefixes of turns that were lost are generated anew and do not count. */
function foldCurrent(group: readonly RecordedLine[], beginning: Beginning | undefined): ModelMessage[] {
  const messages: ModelMessage[] = [];
  // What the beginning holds is not told a second time.
  const isInBeginning = ({ turn, isContinued }: RecordedLine): boolean =>
    beginning !== undefined && (isContinued === 1 || turn === beginning.turn);
  for (const [index, line] of group.entries()) {
    if (line.role === 'user') messages.push({ role: 'user', content: asTold(line) });
    if (line.role === 'supervisor') {
      const before = group[index - 1];
      const isTold = before !== undefined && isInBeginning(before);
      correct(messages, line.content, isTold ? '' : prefixOf(before, line));
    }
  }
  if (beginning !== undefined) messages.push({ role: 'assistant', content: beginning.text.trimEnd() });
  return messages;
}

/** A message as the model is shown it. */
function asTold({ from, content }: RecordedLine): string {
  return typeof from === 'string' ? withLetterMark(from, content) : content;
}

/** A cut prefix is recorded right before its correction; a further correction of the same turn has none of its own. */
function prefixOf(before: RecordedLine | undefined, correction: RecordedLine): string {
  if (before?.role !== 'assistant' || before.turn !== correction.turn) return '';
  return before.content.trim() === '' ? '' : before.content;
}

function correct(messages: ModelMessage[], correction: string, prefix: string): void {
  const last = messages.at(-1);
  if (prefix !== '' || last === undefined) {
    messages.push({ role: 'assistant', content: prefix }, { role: 'user', content: correction });
  } else {
    last.content += CORRECTION_MARK + correction;
  }
}
