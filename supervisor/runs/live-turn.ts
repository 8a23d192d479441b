/** Opens a turn in memory: its gates, empty or as far as a previous supervisor had released. */
import type { Channel } from '../../agent/turn.ts';
import { createGate, type Gate } from '../gate/gate.ts';
import type { PolicyHost } from '../policies/host.ts';
import { type LiveRun, type LiveTurn, turnId } from './live-run.ts';
import { StreamRecord } from './stream-record.ts';

/** A turn as it stands in the store. */
export interface RecordedTurn {
  number: number;
  incarnation: string;
  /** What readers have been shown of it. */
  shown: Record<Channel, string>;
}

export function newTurn(run: LiveRun, policies: PolicyHost, number: number, incarnation: string): LiveTurn {
  const recorded = { number, incarnation, shown: { text: '', reasoning: '' } };
  return { ...reopenTurn(run, policies, recorded), attached: true };
}

/** The agent is asked to send again all that lies behind what was shown. */
export function reopenTurn(run: LiveRun, policies: PolicyHost, recorded: RecordedTurn): LiveTurn {
  const { number, incarnation, shown } = recorded;
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
    received: { text: shown.text.length, reasoning: shown.reasoning.length },
    shown: { ...shown },
    stream: { text: new StreamRecord(shown.text.length), reasoning: new StreamRecord(shown.reasoning.length) },
    isWhole: false,
    upstreamOpen: true,
    waitsUpstream: false,
    attached: false,
    heldToldAt: 0,
  };
}
