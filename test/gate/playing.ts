/** Plays texts through real gates, for the tests of this folder. */
import type { Policy, TextToJudge, Verdict } from '../../policy/policy.ts';
import { createGate, type Gate, type GateOptions, type GateStep } from '../../supervisor/gate/gate.ts';
import type { Ruling } from '../../supervisor/gate/ruling.ts';
import { callHook } from '../../supervisor/policies/verdict.ts';

const NOTHING = { turns: 0, tokens: 0, ms: 0 };
/** Of a run that has used up nothing yet. */
export const SPENT = { run: NOTHING, chat: NOTHING };

export const PLACE = {
  agent: 'assistant',
  chat: 'main',
  run: 'run-1',
  turn: 1,
  channel: 'text',
  spent: SPENT,
} as const;

/** A gate over these policies, judged by their real hooks. */
export function gateOf(policies: readonly Policy[], options: Partial<GateOptions> = {}): Gate {
  const loaded = policies.map((policy) => ({ name: policy.name, version: `${policy.name}-v1`, policy }));
  return createGate({ policies: loaded, judge: callHook, place: PLACE, ...options });
}

/** What came out of a gate: every release in order, and the ruling if there was one. */
export interface Outcome {
  releases: string[];
  released: string;
  ruling: Ruling | undefined;
}

export function play(gate: Gate, deltas: readonly string[], ending = true): Outcome {
  const steps: GateStep[] = deltas.map((delta) => gate.push(delta));
  if (ending) steps.push(gate.end());
  // Who reviews has nothing to object to.
  if (ending && gate.heldLength > 0 && !steps.some((step) => step.ruling)) steps.push(gate.settle(new Map()));
  const releases = steps.map((step) => step.released);
  return { releases, released: releases.join(''), ruling: steps.find((step) => step.ruling)?.ruling };
}

/** Objects with `verdict` whenever one of its patterns was found. */
export function objecting(name: string, patterns: readonly string[], verdict?: Verdict): Policy {
  return {
    name,
    patterns,
    onText: ({ match }) => (match === undefined ? undefined : (verdict ?? { action: 'cut', reason: match.pattern })),
  };
}

/** Objects whenever the text holds one of its patterns; it looks itself and ignores what the gate has found. */
export function searching(name: string, patterns: readonly string[]): Policy {
  return {
    name,
    patterns,
    onText: ({ text }) =>
      patterns.some((pattern) => text.includes(pattern)) ? { action: 'interject', text: 'Again, please.' } : undefined,
  };
}

/** Declares patterns, but objects only to those for which `minds` is true, where the first of them starts. */
export function selective(name: string, patterns: readonly string[], minds: (pattern: string) => boolean): Policy {
  const minded = patterns.filter(minds);
  return {
    name,
    patterns,
    onText: ({ text }) => {
      const starts = minded.map((pattern) => text.indexOf(pattern)).filter((start) => start >= 0);
      return starts.length === 0 ? undefined : { action: 'cut', reason: 'Enough.', from: Math.min(...starts) };
    },
  };
}

/** Returns `verdict` once `when` holds for the text so far. */
export function judging(
  name: string,
  when: (text: string) => boolean,
  verdict: Verdict,
  extra: Pick<Policy, 'holdback'> = {},
): Policy {
  return { name, ...extra, onText: ({ text }) => (when(text) ? verdict : undefined) };
}

/** Allows everything and writes down what it was asked. */
export function listening(seen: TextToJudge[], extra: Partial<Policy> = { holdback: 0 }): Policy {
  return {
    name: 'listening',
    ...extra,
    onText: (input) => {
      seen.push({ ...input });
      return undefined;
    },
  };
}
