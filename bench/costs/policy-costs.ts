/** What a policy costs, measured through the real gate on ordinary English text: time for each delta, and how long a character waits. */
import type { Policy } from '../../policy/policy.ts';
import { createGate, type Gate } from '../../supervisor/gate/gate.ts';
import { callHook } from '../../supervisor/policies/verdict.ts';
import { deltasOf } from './english.ts';

/** Milliseconds from one delta to the next, of about four characters: 50 tokens a second. */
export const DELTA_MS = 20;
/** Characters at whose end deltas are timed. */
const TIMED = 1000;

const NOTHING = { turns: 0, tokens: 0, ms: 0 };
const PLACE = {
  agent: 'assistant',
  chat: 'bench',
  turn: 1,
  channel: 'text',
  spent: { run: NOTHING, chat: NOTHING },
} as const;
let runs = 0;

function open(policies: readonly Policy[]): Gate {
  const loaded = policies.map((policy) => ({ name: policy.name, version: '1', policy }));
  return createGate({ policies: loaded, judge: callHook, place: { ...PLACE, run: `run-${runs++}` } });
}

/**
 * Microseconds of each of the last deltas of a turn with this answer, over so many turns.
 * @throws Error when the policy objects: then nothing would be measured any more
 */
export function deltaCosts(policies: readonly Policy[], answer: string, turns: number): number[] {
  const deltas = deltasOf(answer);
  const costs: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const gate = open(policies);
    for (const delta of deltas) {
      const startedAt = performance.now();
      gate.push(delta);
      if (gate.text.length > answer.length - TIMED) costs.push((performance.now() - startedAt) * 1000);
    }
    if (gate.closed) throw new Error(`${policies[0]?.name} objects to the text that it is measured on`);
  }
  return costs;
}

/** Milliseconds that each character of an answer waits in the gate, when deltas come every `DELTA_MS` and the end one step after the last. */
export function addedDelays(policies: readonly Policy[], answer: string): number[] {
  const gate = open(policies);
  const cameAt: number[] = [];
  const delays: number[] = [];
  let now = 0;
  const show = (released: string): void => {
    for (let count = 0; count < released.length; count++) delays.push(now - (cameAt[delays.length] ?? now));
  };
  for (const delta of deltasOf(answer)) {
    cameAt.push(...new Array<number>(delta.length).fill(now));
    show(gate.push(delta).released);
    now += DELTA_MS;
  }
  show(gate.end().released);
  // A review takes as long as its model; that is not counted.
  show(gate.settle(new Map()).released);
  return delays;
}
