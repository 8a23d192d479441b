/** The one thing that must hold for every run, whatever was killed: what was acknowledged was answered once, and shown is stored. */
import { expect } from 'vitest';
import type { EventReader, SeenEvent } from './event-reader.ts';
import { type ShownTurn, shownTurns } from './shown-turns.ts';
import type { StackUnderTest } from './stack-under-test.ts';
import { type HistoryLine, readRun } from './stored-run.ts';

export interface WholeRun {
  /** Id of the run that was acknowledged. */
  run: string;
  /** What was sent. */
  content: string;
  /** What has to be the answer. */
  answer: string;
}

/** Checks a run that was answered: in the database, at the door and with a reader that was there all the time. */
export async function expectAnsweredOnce(
  stack: StackUnderTest,
  reader: EventReader,
  { run, content, answer }: WholeRun,
): Promise<void> {
  const view = await stack.client.ended(run);
  expect(view).toMatchObject({ run, status: 'answered', content: answer });
  await reader.nextOf(run, 'run-end');
  const seen = reader.of(run);
  const stored = readRun(stack.data, run);
  expect(stored).toMatchObject({ content, status: 'answered', reason: null });
  expect(stored.inbox.every(({ state }) => state === 'settled')).toBe(true);
  expectOneEnd(seen, content);
  expectSameEvents(reader, seen, stored.events);
  expectSameText(shownTurns(seen), stored.history, stored.turns);
  expect(stored.history.filter(({ role }) => role === 'user')).toMatchObject([
    { content, status: 'complete', turn: 0 },
  ]);
  expect(answersIn(stored.history)).toMatchObject([{ content: answer }]);
}

function expectOneEnd(seen: readonly SeenEvent[], content: string): void {
  const ofType = (type: string): SeenEvent[] => seen.filter((event) => event.type === type);
  expect(ofType('message-received')).toMatchObject([{ content }]);
  expect(ofType('run-end')).toMatchObject([{ status: 'answered' }]);
  expect(ofType('turn-end')).toHaveLength(1);
  expect(seen.at(-1)?.type).toBe('run-end');
}

/** Nothing came twice, nothing is missing, nothing was told that is not stored. */
function expectSameEvents(
  reader: EventReader,
  seen: readonly SeenEvent[],
  stored: { seq: number; data: string }[],
): void {
  const cursors = reader.events.map(({ seq }) => seq ?? 0);
  expect(cursors).toEqual(cursors.map((_, index) => (cursors[0] ?? 0) + index));
  expect(reader.notes.filter(({ type }) => type === 'resync')).toEqual([]);
  expect(seen).toEqual(stored.map(({ data }) => JSON.parse(data)));
}

/** Per turn: what the reader put together is the line in the history, and a turn without a line was shown nothing of. */
function expectSameText(
  shown: ReadonlyMap<number, ShownTurn>,
  history: readonly HistoryLine[],
  turns: readonly { number: number; outcome: string | null }[],
): void {
  expect(turns.map(({ number }) => number)).toEqual([...shown.keys()]);
  expect(turns.filter(({ outcome }) => outcome === 'finished')).toHaveLength(1);
  expect(turns.every(({ outcome }) => outcome !== null)).toBe(true);
  for (const [turn, { text, settled }] of shown) {
    const lines = history.filter((line) => line.role === 'assistant' && line.turn === turn);
    const status = settled === 'turn-end' ? 'complete' : 'interrupted';
    expect(lines.map(({ content, status }) => ({ content, status }))).toEqual(
      text === '' ? [] : [{ content: text, status }],
    );
  }
}

function answersIn(history: readonly HistoryLine[]): HistoryLine[] {
  return history.filter(({ role, status }) => role === 'assistant' && status === 'complete');
}
