/**
 * What the simulated model says to a transcript: a pure function of messages and seed. It follows directives (directives.ts), and
 * after a correction it gives the same answer without what was objected to (corrections.ts).
 */
import type { ModelMessage } from '../backend.ts';
import { CORRECTION_MARK } from '../correction-mark.ts';
import { withoutLetterMark } from '../letter-mark.ts';
import { type Answer, applyCorrection, quotesSomething } from './corrections.ts';
import { hasDirectives, readDirectives } from './directives.ts';
import type { Fault } from './faults.ts';
import { hashOf } from './hash.ts';
import { smallTalk } from './small-talk.ts';

/** What to say, and whether to fail while saying it. */
export interface AnswerPlan extends Answer {
  fault: Fault | undefined;
  /** The user said what to say. */
  isScripted: boolean;
}

/** Cuts and corrections that are followed back in one transcript. */
const MOST_CORRECTIONS = 16;

/** The answer to a transcript; when its last message is the assistant's, what comes after that beginning. */
export function planAnswer(messages: readonly ModelMessage[], seed: number): AnswerPlan {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return answerTo(messages, seed, MOST_CORRECTIONS, '');
  const plan = answerTo(messages.slice(0, -1), seed, MOST_CORRECTIONS, last.content);
  return {
    ...plan,
    reasoning: '',
    text: plan.text.startsWith(last.content) ? plan.text.slice(last.content.length) : plan.text,
  };
}

/** `prefix`: what was accepted of the answer that the corrections joined to the last message are about. */
function answerTo(messages: readonly ModelMessage[], seed: number, depth: number, prefix: string): AnswerPlan {
  const [message = '', ...joined] = withoutLetterMark(messages.at(-1)?.content ?? '').split(CORRECTION_MARK);
  const before = messages.slice(0, -1);
  const plan = correctedAnswer(before, message, seed, depth) ?? freshAnswer(before, message, seed);
  return { ...plan, ...joined.reduce<Answer>(correctInTurn, plan) };

  function correctInTurn(answer: Answer, text: string, index: number): Answer {
    return applyCorrection(answer, { text, prefix: index === joined.length - 1 ? prefix : '' });
  }
}

/**
 * The answer when the message corrects an answer that was cut: the transcript then ends in a mere beginning of that answer. After small
 * talk that a person stopped, the next message is a correction only if it quotes what it objects to.
 */
function correctedAnswer(
  before: readonly ModelMessage[],
  message: string,
  seed: number,
  depth: number,
): AnswerPlan | undefined {
  const cut = before.at(-1);
  if (cut?.role !== 'assistant' || before.at(-2)?.role !== 'user' || depth === 0 || hasDirectives(message))
    return undefined;
  const plan = answerTo(before.slice(0, -1), seed, depth - 1, '');
  if (!isBeginning(cut.content, plan.text) || !(plan.isScripted || quotesSomething(message))) return undefined;
  return { ...plan, ...applyCorrection(plan, { text: message, prefix: cut.content }) };
}

function isBeginning(content: string, answer: string): boolean {
  const beginning = content.trimEnd();
  return beginning !== '' && answer.startsWith(beginning) && beginning.length < answer.trimEnd().length;
}

function freshAnswer(before: readonly ModelMessage[], message: string, seed: number): AnswerPlan {
  const { fault, reasoning, say, rest } = readDirectives(message);
  const salt = String(hashOf(JSON.stringify([seed, ...before.map(({ role, content }) => [role, content]), message])));
  return { fault, reasoning, text: say ?? smallTalk(rest, salt), isScripted: say !== undefined };
}
