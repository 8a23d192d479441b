/**
 * Reads a transcript that somebody wrote down, JSON lines, so that a policy can be tested anywhere:
 *
 *     {"role": "user", "content": "…"}
 *     {"role": "assistant", "content": "…"}                                  one delta
 *     {"role": "assistant", "deltas": [["He", 0], ["llo", 40]]}              text and milliseconds since the turn's start
 *
 * Each may have `"label": "bad"` (the policy has to do something about this line) or `"good"`, and `"expect"`: `allow`, or the action
 * that the policy has to take. Empty lines are left out. Every assistant line is a whole turn.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { BacktestReport } from '../../../../supervisor/backtest/backtest.ts';
import type { RecordedItem, RecordedLabel } from '../../../../supervisor/backtest/recorded.ts';
import { tokensOfBytes } from '../../../../supervisor/context/token-estimate.ts';
import { messageOf, usageFailure } from '../../../failure.ts';

const FIRST_TURN = { turns: 1, tokens: 0, ms: 0 };
const EXPECT = ['allow', 'interject', 'cut', 'redact', 'block', 'pause', 'terminate'] as const;

const common = { label: z.enum(['good', 'bad']).optional(), expect: z.enum(EXPECT).optional() };
const delta = z.tuple([z.string(), z.number().int().min(0)]);
const userLine = z.strictObject({ role: z.literal('user'), content: z.string(), ...common });
const assistantLine = z
  .strictObject({
    role: z.literal('assistant'),
    content: z.string().optional(),
    deltas: z.array(delta).optional(),
    ...common,
  })
  .refine(({ content, deltas }) => (content === undefined) !== (deltas === undefined), 'give content or deltas')
  .refine(
    ({ deltas = [] }) => deltas.every(([, ms], index) => ms >= (deltas[index - 1]?.[1] ?? 0)),
    'times must not fall',
  );
const line = z.discriminatedUnion('role', [userLine, assistantLine]);

type Line = z.output<typeof line>;

export interface Expectation {
  /** As the report names it. */
  run: string;
  expect: (typeof EXPECT)[number];
}

export interface Transcript {
  items: RecordedItem[];
  labels: RecordedLabel[];
  expectations: Expectation[];
}

/** @throws Failure (exit code 2) that names the file, the line and the reason */
export function readTranscript(path: string): Transcript {
  const transcript: Transcript = { items: [], labels: [], expectations: [] };
  for (const [index, text] of readLines(path).entries()) {
    if (text.trim() === '') continue;
    const read = readLine(text, `${path}:${index + 1}`);
    const run = `line-${index + 1}`;
    transcript.items.push(itemOf(read, run));
    if (read.label !== undefined) transcript.labels.push({ run, label: read.label });
    if (read.expect !== undefined) transcript.expectations.push({ run, expect: read.expect });
  }
  if (transcript.items.length === 0) throw usageFailure(`${path}: there is no line in it.`);
  return transcript;
}

/** The expectations that the policy does not meet, for people. */
export function unmet({ items }: BacktestReport, expectations: readonly Expectation[]): string[] {
  return expectations.flatMap(({ run, expect }) => {
    const actions = items.filter((item) => item.run === run).flatMap(({ decisions }) => decisions);
    const done = [...new Set(actions.map(({ action }) => action))];
    const isMet = expect === 'allow' ? done.length === 0 : done.includes(expect);
    return isMet ? [] : [`${run}: expected ${expect}, the policy does ${done.join(', ') || 'nothing'}`];
  });
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    throw usageFailure(`--transcript: ${path} cannot be read: ${messageOf(error)}.`);
  }
}

function readLine(text: string, place: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageFailure(`${place}: ${messageOf(error)}.`);
  }
  const result = line.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw usageFailure(`${place}: ${[issue?.path.join('.'), issue?.message].filter(Boolean).join(': ')}.`);
}

function itemOf(read: Line, run: string): RecordedItem {
  const place = { agent: 'transcript', chat: 'main', run, decided: undefined, policies: undefined };
  if (read.role === 'user') return { ...place, kind: 'message', turn: 0, content: read.content, secrets: [] };
  const deltas = read.deltas ?? [[read.content ?? '', 0]];
  const text = deltas.map(([piece]) => piece).join('');
  const recorded = deltas.map(([piece, ms]) => ({ length: piece.length, ms }));
  const spent = { atStart: { run: FIRST_TURN, chat: FIRST_TURN }, tokens: tokensOfBytes(Buffer.byteLength(text)) };
  const stream = { channel: 'text', text, origin: 0, resumed: 0, deltas: recorded, secrets: [] } as const;
  return { ...place, kind: 'turn', turn: 1, streams: [stream], isWhole: true, spent };
}
