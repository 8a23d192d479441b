/**
 * An answer without what a correction objected to. Pure. What the correction quotes in double quotes is left out; when the answer
 * holds none of that, the word at which the answer was cut is left out: everywhere, whatever its case. An answer that was cut
 * before its first word was perhaps cut while thinking, so its reasoning goes first.
 */

/** What the simulator says, and what it thinks first. */
export interface Answer {
  reasoning: string;
  text: string;
}

export interface Correction {
  text: string;
  /** What had been accepted of the answer when it was cut. */
  prefix: string;
}

const INSTEAD = ['I will leave that out.', 'Understood.', 'All right.', 'Yes.'] as const;

/** The answer that follows this correction. */
export function applyCorrection(answer: Answer, correction: Correction): Answer {
  const quoted = quotedIn(correction.text);
  if (quoted.some((phrase) => holds(answer.text, phrase) || holds(answer.reasoning, phrase)))
    return withoutAll(answer, quoted);
  const cutAtStart = correction.prefix.trim() === '';
  if (cutAtStart && answer.reasoning !== '') return { ...answer, reasoning: '' };
  const word = wordAt(answer.text, correction.prefix.trimEnd().length);
  return word === '' ? answer : withoutAll(answer, [word, ...quoted]);
}

function withoutAll({ reasoning, text }: Answer, phrases: readonly string[]): Answer {
  const left = phrases.reduce(leaveOut, text);
  const instead = INSTEAD.find((sentence) => !phrases.some((phrase) => holds(sentence, phrase))) ?? '…';
  return { reasoning: phrases.reduce(leaveOut, reasoning), text: left === '' && text !== '' ? instead : left };
}

/** Whether a message names something in double quotes. */
export function quotesSomething(text: string): boolean {
  return quotedIn(text).length > 0;
}

function quotedIn(text: string): string[] {
  return Array.from(text.matchAll(/"([^"]+)"/g), ([, phrase = '']) => phrase).filter((phrase) => phrase.trim() !== '');
}

function wordAt(text: string, position: number): string {
  const rest = text.slice(position).trimStart();
  return /^[\p{L}\p{N}_-]+/u.exec(rest)?.[0] ?? /^\S+/u.exec(rest)?.[0] ?? '';
}

/** Again and again, because leaving something out can put the same thing together anew. */
function leaveOut(text: string, phrase: string): string {
  let left = text;
  while (holds(left, phrase)) left = left.split(anyCase(phrase)).reduce(joinOnce).trim();
  return left;
}

/** Joins what stood around an omission with one space where there were two. */
function joinOnce(before: string, after: string): string {
  return (before === '' || before.endsWith(' ')) && after.startsWith(' ') ? before + after.slice(1) : before + after;
}

function holds(text: string, phrase: string): boolean {
  return anyCase(phrase).test(text);
}

function anyCase(phrase: string): RegExp {
  return new RegExp(phrase.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu');
}
