/**
 * Replays one message or one turn through a candidate policy, with the gate that a supervisor has: same boundaries of deltas, same
 * times, no model. Pure. A candidate that throws, or returns what is no verdict, has `failed`; one that does not return is the caller's.
 */
import type { Channel, Spent, Verdict } from '../../policy/policy.ts';
import { createGate, type Gate, type GateStep } from '../gate/gate.ts';
import type { Judge, LoadedPolicy } from '../policies/loaded-policy.ts';
import { PolicyFailure, reasonOf } from '../policies/verdict.ts';
import type { DelayCounts } from './delays.ts';
import type { Decision, RecordedMessage, RecordedStream, RecordedTurn } from './recorded.ts';

/** UTF-16 units that make a token, about; the server's count of a stream is not known before its end. */
const UNITS_PER_TOKEN = 4;

/** In the order in which a turn ends them. */
const ORDER: readonly Channel[] = ['reasoning', 'text'];

/** What the candidate would do. */
export interface CandidateDecision extends Decision {
  channel: Channel;
  /** Characters of the channel that it needed to see. */
  decidedAt: number;
  /** What readers would not have been shown, of what was recorded. */
  withheld: string;
}

export interface Replayed {
  /** In the order in which it would decide; one that ends the turn is the last. */
  decisions: CandidateDecision[];
  /** It lets all pass that was recorded, but the recording ends before the model did: what it would do with the rest nobody knows. */
  isUnknown: boolean;
}

/** What a candidate is and how it is asked. */
export interface Candidate {
  loaded: LoadedPolicy;
  judge: Judge;
}

export function replayMessage(
  { loaded, judge }: Candidate,
  { agent, chat, run, content }: RecordedMessage,
): CandidateDecision[] {
  if (loaded.policy.onMessage === undefined) return [];
  const place = { channel: 'text', decidedAt: content.length, from: 0, withheld: '', policy: loaded.name } as const;
  return guarded(loaded, place, () =>
    judge(loaded, 'onMessage', { agent, chat, run, content, role: 'user' }).map((verdict) => ({
      ...place,
      action: verdict.action,
      reason: reasonOf(verdict),
    })),
  );
}

/** `delays`: counts how long every shown character was held back. */
export function replayTurn(candidate: Candidate, turn: RecordedTurn, delays: DelayCounts): Replayed {
  const replay = new TurnReplay(candidate, turn, delays);
  const decisions = replay.run();
  const hasEnded = decisions.some(({ action }) => action !== 'redact');
  return { decisions, isUnknown: !hasEnded && !turn.isWhole };
}

class TurnReplay {
  readonly #candidate: Candidate;
  readonly #turn: RecordedTurn;
  readonly #delays: DelayCounts;
  readonly #spent: { run: Spent; chat: Spent };
  readonly #decisions: CandidateDecision[] = [];
  #isOver = false;

  constructor(candidate: Candidate, turn: RecordedTurn, delays: DelayCounts) {
    this.#candidate = candidate;
    this.#turn = turn;
    this.#delays = delays;
    const { run, chat } = turn.spentBefore;
    this.#spent = { run: { ...run, turns: run.turns + 1 }, chat: { ...chat, turns: chat.turns + 1 } };
  }

  run(): CandidateDecision[] {
    const channels = ORDER.map((channel) => this.#open(channel));
    this.#pushAll(channels);
    if (!this.#turn.isWhole) return this.#decisions;
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
    const stream = streams.find((one) => one.channel === channel) ?? { channel, text: '', deltas: [] };
    return new ChannelReplay(stream, createGate({ policies: [loaded], judge, place }), this.#delays);
  }

  /** The deltas of both channels in the order of their times. */
  #pushAll([reasoning, text]: readonly ChannelReplay[]): void {
    while (!this.#isOver) {
      const next = earlier(reasoning, text);
      if (next === undefined) return;
      const { delta, ms } = next.take();
      this.#spend(delta.length, ms);
      this.#pass(next, ms, () => next.gate.push(delta));
    }
  }

  #tokens = 0;

  /** Of this turn so far; an estimate as long as it streams. */
  #spend(characters: number, ms: number): void {
    this.#tokens += characters / UNITS_PER_TOKEN;
    const { run, chat } = this.#turn.spentBefore;
    for (const [now, before] of [
      [this.#spent.run, run],
      [this.#spent.chat, chat],
    ] as const) {
      now.tokens = before.tokens + Math.ceil(this.#tokens);
      now.ms = before.ms + ms;
    }
  }

  #pass(channel: ChannelReplay, ms: number, step: () => GateStep): void {
    const { loaded } = this.#candidate;
    const { name } = channel;
    const failed = { policy: loaded.name, channel: name, from: channel.gate.releasedLength, decidedAt: channel.read };
    const decided = guarded(loaded, { ...failed, withheld: '' }, () => {
      const { ruling } = step();
      channel.released(ms);
      if (ruling === undefined) return [];
      const { verdict, from, decidedAt } = ruling;
      return [this.#decision(channel, verdict, from, decidedAt)];
    });
    this.#decisions.push(...decided);
    this.#isOver ||= decided.length > 0;
  }

  #decision({ name, text }: ChannelReplay, verdict: Verdict, from: number, decidedAt: number): CandidateDecision {
    const { action } = verdict;
    const policy = this.#candidate.loaded.name;
    return { policy, action, reason: reasonOf(verdict), from, channel: name, decidedAt, withheld: text.slice(from) };
  }
}

/** One channel on its way through its gate. */
class ChannelReplay {
  readonly name: Channel;
  readonly text: string;
  readonly gate: Gate;
  readonly #deltas: RecordedStream['deltas'];
  readonly #delays: DelayCounts;
  #next = 0;
  /** Characters that have come. */
  read = 0;
  /** Characters released, and the delta with the last of them. */
  #released = 0;
  #releasedDelta = 0;
  #endOfReleasedDelta: number;

  constructor({ channel, text, deltas }: RecordedStream, gate: Gate, delays: DelayCounts) {
    this.name = channel;
    this.text = text;
    this.gate = gate;
    this.#deltas = deltas;
    this.#delays = delays;
    this.#endOfReleasedDelta = deltas[0]?.length ?? 0;
  }

  /** When the next delta came; undefined: there is none. */
  get nextMs(): number | undefined {
    return this.#deltas[this.#next]?.ms;
  }

  get lastMs(): number {
    return this.#deltas.at(-1)?.ms ?? 0;
  }

  take(): { delta: string; ms: number } {
    const { length, ms } = this.#deltas[this.#next++] ?? { length: 0, ms: 0 };
    const delta = this.text.slice(this.read, this.read + length);
    this.read += delta.length;
    return { delta, ms };
  }

  /** Counts for what the gate has released at `ms` how long it had to wait. */
  released(ms: number): void {
    const until = this.gate.releasedLength;
    while (this.#released < until) {
      const arrived = this.#deltas[this.#releasedDelta]?.ms ?? ms;
      const end = Math.min(until, this.#endOfReleasedDelta);
      if (end > this.#released) this.#delays.add(ms - arrived, end - this.#released);
      this.#released = Math.max(this.#released, end);
      if (this.#released < until) this.#toNextDelta(until);
    }
  }

  #toNextDelta(until: number): void {
    const next = this.#deltas[++this.#releasedDelta];
    this.#endOfReleasedDelta = next === undefined ? until : this.#endOfReleasedDelta + next.length;
  }
}

function earlier(one: ChannelReplay | undefined, other: ChannelReplay | undefined): ChannelReplay | undefined {
  const [first, second] = [one?.nextMs, other?.nextMs];
  if (first === undefined) return second === undefined ? undefined : other;
  return second === undefined || first <= second ? one : other;
}

/** A policy that failed is a decision too: its run would have failed. */
function guarded(
  { name }: LoadedPolicy,
  place: Omit<CandidateDecision, 'action' | 'reason'>,
  ask: () => CandidateDecision[],
): CandidateDecision[] {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof PolicyFailure)) throw error;
    return [{ ...place, policy: name, action: 'failed', reason: error.message }];
  }
}
