/** Opens a turn in memory: its gates, empty, as far as a previous supervisor had released, or from where it goes on. */
import type { Channel } from '../../agent/turn.ts';
import { createGate, type Gate } from '../gate/gate.ts';
import { HeldTimes } from '../metrics/held-times.ts';
import type { PolicyHost } from '../policies/host.ts';
import { type LiveRun, type LiveTurn, type ResumePoint, turnId } from './live-run.ts';
import { StreamRecord } from './stream-record.ts';

/** A turn as it stands in the store. */
export interface RecordedTurn {
  number: number;
  incarnation: string;
  /** The policies that it began with, as they are recorded. */
  policies: string;
  /** What readers have been shown of it. */
  shown: Record<Channel, string>;
  /** What the model wrote of that: without the masks, secrets as filler of the same length. What it goes on from stays masked. */
  raw: Record<Channel, string>;
  /** What it went on from. */
  origin: Record<Channel, number>;
}

const NOTHING = { text: '', reasoning: '' };

/** `from`: what it goes on from. */
export function newTurn(
  run: LiveRun,
  policies: PolicyHost,
  { number, incarnation, from }: { number: number; incarnation: string; from: ResumePoint | undefined },
): LiveTurn {
  const { shown } = from ?? { shown: NOTHING };
  const versions = policies.versionsOf(run.row.agent);
  const recorded = { number, incarnation, policies: versions, shown, raw: shown, origin: lengthsOf(shown) };
  return { ...reopenTurn(run, policies, recorded), attached: true };
}

/** The agent is asked to send again all that lies behind what was shown. */
export function reopenTurn(run: LiveRun, policies: PolicyHost, recorded: RecordedTurn): LiveTurn {
  const { number, incarnation, shown, raw, origin } = recorded;
  const received = { text: raw.text.length - origin.text, reasoning: raw.reasoning.length - origin.reasoning };
  const judges = policies.recorded(run.row.agent, recorded.policies);
  const gate = (channel: Channel): Gate =>
    createGate({
      policies: judges,
      judge: policies.judgeOf(run.number),
      place: { ...run.scope, turn: number, channel, spent: run.spending.told },
      resumeFrom: raw[channel],
    });
  return {
    id: turnId(run.id, number),
    number,
    incarnation,
    reviewers: judges.filter(({ policy }) => policy.review !== undefined),
    gates: { text: gate('text'), reasoning: gate('reasoning') },
    origin,
    received,
    shown: { ...shown },
    stream: { text: new StreamRecord(received.text), reasoning: new StreamRecord(received.reasoning) },
    isWhole: false,
    upstreamOpen: true,
    waitsUpstream: false,
    attached: false,
    heldToldAt: 0,
    heldTimes: { text: new HeldTimes(), reasoning: new HeldTimes() },
  };
}

function lengthsOf({ text, reasoning }: Record<Channel, string>): Record<Channel, number> {
  return { text: text.length, reasoning: reasoning.length };
}
