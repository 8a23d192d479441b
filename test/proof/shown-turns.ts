/** What a reader has of every turn of a run: the deltas put together, held against what `turn-cut` and `turn-end` say. */
import type { SeenEvent } from './event-reader.ts';

export interface ShownTurn {
  text: string;
  reasoning: string;
  /** How the turn was settled; undefined while it is open. */
  settled: 'turn-cut' | 'turn-end' | undefined;
}

/**
 * Number of the turn → what was shown. `events`: all of one run, in their order.
 * @throws Error for a gap, a repetition, text after the end of a turn, or an end that says something else than its deltas
 */
export function shownTurns(events: readonly SeenEvent[]): Map<number, ShownTurn> {
  const turns = new Map<number, ShownTurn>();
  for (const event of events) {
    if (event.turn === undefined || event.turn === 0) continue;
    const turn = turns.get(event.turn) ?? { text: '', reasoning: '', settled: undefined };
    turns.set(event.turn, turn);
    apply(turn, event);
  }
  return turns;
}

function apply(turn: ShownTurn, event: SeenEvent): void {
  if (event.type === 'text-delta') turn.text = joined(turn, turn.text, event);
  if (event.type === 'reasoning-delta') turn.reasoning = joined(turn, turn.reasoning, event);
  if (event.type !== 'turn-cut' && event.type !== 'turn-end') return;
  if (event.text !== turn.text) throw wrong(event, `its deltas are ${JSON.stringify(turn.text)}`);
  if (turn.settled !== undefined) throw wrong(event, 'it is settled already');
  turn.settled = event.type;
}

function joined({ settled }: ShownTurn, before: string, event: SeenEvent): string {
  if (settled !== undefined) throw wrong(event, 'it is settled already');
  if (event.offset !== before.length) throw wrong(event, `there are ${before.length} characters`);
  return before + event.text;
}

function wrong(event: SeenEvent, problem: string): Error {
  return new Error(`turn ${event.turn}: ${problem}, but ${JSON.stringify(event)} came`);
}
