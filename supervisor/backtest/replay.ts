/**
 * Replays one turn through a candidate policy, with the gate that a supervisor has: same boundaries of deltas, same times, no model.
 * Pure. A candidate that throws, or returns what is no verdict, has `failed`; one that does not return is the caller's.
 */
import type { Channel, Spent } from '../../policy/policy.ts';
import { tokensOfBytes } from '../context/token-estimate.ts';
import { createGate, type GateStep } from '../gate/gate.ts';
import type { Ruling } from '../gate/ruling.ts';
import { reasonOf } from '../policies/verdict.ts';
import { type Candidate, type CandidateDecision, guarded, isClosing, redactedAt } from './candidate.ts';
import { ChannelReplay, earlier } from './channel-replay.ts';
import type { DelayCounts } from './delays.ts';
import type { RecordedTurn } from './recorded.ts';

/** In the order in which a turn ends them. */
const ORDER: readonly Channel[] = ['reasoning', 'text'];

export interface Replayed {
  /** In the order in which it would decide; one that ends the turn is the last. */
  decisions: CandidateDecision[];
  /** It lets all pass that was recorded, but the recording ends before the model did: what it would do with the rest nobody knows. */
  isUnknown: boolean;
}

/** `delays`: counts how long every shown character was held back. */
export function replayTurn(candidate: Candidate, turn: RecordedTurn, delays: DelayCounts): Replayed {
  const decisions = new TurnReplay(candidate, turn, delays).run();
  return { decisions, isUnknown: !decisions.some(isClosing) && !turn.isWhole };
}

class TurnReplay {
  readonly #candidate: Candidate;
  readonly #turn: RecordedTurn;
  readonly #delays: DelayCounts;
  /** One object, as the supervisor tells it. */
  readonly #spent: { run: Spent; chat: Spent };
  readonly #decisions: CandidateDecision[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(candidate: Candidate, turn: RecordedTurn, delays: DelayCounts) {
    this.#candidate = candidate;
    this.#turn = turn;
    this.#delays = delays;
    const { run, chat } = turn.spent.atStart;
    this.#spent = { run: { ...run }, chat: { ...chat } };
  }

  run(): CandidateDecision[] {
    const channels = ORDER.map((channel) => this.#open(channel));
    this.#pushAll(channels);
    if (!this.#turn.isWhole) return this.#decisions;
    this.#tell(this.#turn.spent.tokens);
    for (const channel of channels) {
      if (this.#isOver) break;
      this.#pass(channel, channel.lastMs, () => channel.gate.end());
    }
    return this.#decisions;
  }

  #open(channel: Channel): ChannelReplay {
    const { agent, chat, run, turn, streams } = this.#turn;
    const { loaded, judge } = this.#candidate;
    const place = { agent, chat, run, turn, channel, spent: this.#spent };
    const nothing = { channel, text: '', origin: 0, resumed: 0, deltas: [], secrets: [] };
    const stream = streams.find((one) => one.channel === channel) ?? nothing;
    const resumeFrom = stream.text.slice(0, stream.origin);
    return new ChannelReplay(stream, createGate({ policies: [loaded], judge, place, resumeFrom }), this.#delays);
  }

  /** The deltas of both channels in the order of their times. */
  #pushAll([reasoning, text]: readonly ChannelReplay[]): void {
    while (!this.#isOver) {
      const next = earlier(reasoning, text);
      if (next === undefined) return;
      const { delta, ms } = next.take();
      this.#bytes += Buffer.byteLength(delta);
      this.#tell(tokensOfBytes(this.#bytes), ms);
      this.#pass(next, ms, () => next.gate.push(delta));
    }
  }

  /** What this turn has used up so far. */
  #tell(tokens: number, ms?: number): void {
    const { run, chat } = this.#turn.spent.atStart;
    this.#spent.run.tokens = run.tokens + tokens;
    this.#spent.chat.tokens = chat.tokens + tokens;
    if (ms === undefined) return;
    this.#spent.run.ms = run.ms + ms;
    this.#spent.chat.ms = chat.ms + ms;
  }

  #pass(channel: ChannelReplay, ms: number, step: () => GateStep): void {
    const { loaded } = this.#candidate;
    const { name, read: decidedAt } = channel;
    const failed = { policy: loaded.name, channel: name, from: channel.gate.releasedLength, decidedAt, withheld: '' };
    const decided = guarded(loaded, failed, () => {
      const { redactions = [], ruling } = step();
      channel.released(ms);
      const masked = redactions.map((redaction) =>
        redactedAt(redaction, { channel: name, text: channel.text, decidedAt }),
      );
      return ruling === undefined ? masked : [...masked, ruledAt(ruling, channel)];
    });
    this.#decisions.push(...decided);
    this.#isOver ||= decided.some(isClosing);
  }
}

function ruledAt({ policy, verdict, from, decidedAt }: Ruling, { name, text }: ChannelReplay): CandidateDecision {
  const { action } = verdict;
  return { policy, action, reason: reasonOf(verdict), from, channel: name, decidedAt, withheld: text.slice(from) };
}
