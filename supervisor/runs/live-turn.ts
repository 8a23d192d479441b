/** Opens a turn in memory: its gates, empty, as far as a previous supervisor had released, or from where it goes on. */
import type { Channel } from '../../agent/turn.ts';
import { createGate, type Gate } from '../gate/gate.ts';
import type { PolicyHost } from '../policies/host.ts';
import { type LiveRun, type LiveTurn, type ResumePoint, turnId } from './live-run.ts';

/** A turn as it stands in the store. */
export interface RecordedTurn {
  number: number;
  incarnation: string;
  /** What readers have been shown of it. */
  shown: Record<Channel, string>;
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
  const recorded = { number, incarnation, shown, origin: lengthsOf(shown) };
  return { ...reopenTurn(run, policies, recorded), attached: true };
}

/** The agent is asked to send again all that lies behind what was shown. */
export function reopenTurn(run: LiveRun, policies: PolicyHost, recorded: RecordedTurn): LiveTurn {
  const { number, incarnation, shown, origin } = recorded;
  const gate = (channel: Channel): Gate =>
    createGate({
      policies: policies.of(run.row.agent),
      judge: policies.judgeOf(run.number),
      place: { ...run.scope, turn: number, channel, spent: run.spent },
      resumeFrom: shown[channel],
    });
  return {
    id: turnId(run.id, number),
    number,
    incarnation,
    gates: { text: gate('text'), reasoning: gate('reasoning') },
    origin,
    received: { text: shown.text.length - origin.text, reasoning: shown.reasoning.length - origin.reasoning },
    shown: { ...shown },
    upstreamOpen: true,
    waitsUpstream: false,
    attached: false,
    heldToldAt: 0,
  };
}

function lengthsOf({ text, reasoning }: Record<Channel, string>): Record<Channel, number> {
  return { text: text.length, reasoning: reasoning.length };
}
