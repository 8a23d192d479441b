/** A run in memory, from its acknowledgement until it has ended and its last connection to the model is closed. */
import type { AnswerFormat, ModelMessage } from '../../agent/backend/backend.ts';
import type { Channel } from '../../agent/turn.ts';
import type { AgentDefinition } from '../configuration.ts';
import type { Prompt } from '../context/prompt.ts';
import type { EventScope } from '../events.ts';
import type { Gate } from '../gate/gate.ts';
import type { HeldTimes } from '../metrics/held-times.ts';
import type { LoadedPolicy } from '../policies/loaded-policy.ts';
import { chatId, type RunRow } from '../store/runs.ts';
import { Spending } from './spending.ts';
import type { StreamRecord } from './stream-record.ts';

/**
 * `reviewing`: the model has ended, policies review the answer; it has its chat and no slot. `waiting`: needs a slot. `between`: about to start a turn; after a cut that waits until the connection to the model is closed.
 * `turn`: the model is generating. `paused`: a person has to decide; it has its chat, and a slot only until its connection to the
 * model is closed. `draining`: the run has ended, its connection to the model is not closed yet. All others but `waiting` and `reviewing` hold a slot.
 */
export type Phase = 'waiting' | 'turn' | 'reviewing' | 'between' | 'paused' | 'draining';

/** What is going on with a finished answer, as those see it who take its turn away. */
export interface TurnReview {
  /** The turn is left, and what became of it is recorded: nobody wants to know any more. */
  leave(): void;
  /** What is in memory is void: the store was not told. */
  drop(): void;
}

/** One turn of a live run. */
export interface LiveTurn {
  /** Unique beyond this process; what the bus calls the turn. */
  id: string;
  number: number;
  /** The start of the agent process that has it. */
  incarnation: string;
  gates: Record<Channel, Gate>;
  /** What it goes on from, in UTF-16 code units: the gates and what is shown begin with that, the agent counts from there. */
  origin: Record<Channel, number>;
  /** UTF-16 code units that came from the agent. */
  received: Record<Channel, number>;
  /** What readers have been shown. */
  shown: Record<Channel, string>;
  /** Lengths and times of what came. */
  stream: Record<Channel, StreamRecord>;
  /** The model has ended by itself and all that it wrote is here. */
  isWhole: boolean;
  /** The agent's connection to the model may still be open; the next turn and the slot wait for that. */
  upstreamOpen: boolean;
  /** The model server has not taken its request for a while. */
  waitsUpstream: boolean;
  /** False while a restarted supervisor waits for the agent to say that it still has the turn. */
  attached: boolean;
  /** When readers were last told that text is withheld; milliseconds since 1970. */
  heldToldAt: number;
  /** How long its text waits to be shown. */
  heldTimes: Record<Channel, HeldTimes>;
  /** The policies that it began with and that review it. */
  reviewers: readonly LoadedPolicy[];
  /** In the phase `reviewing`. */
  review?: TurnReview;
  /** All of the answer was shown before somebody objected: there is nothing to go on with. */
  wasWhole?: boolean;
  /** The channel in which a policy objected. */
  cutIn?: Channel;
  /** What was sent; undefined when a previous supervisor sent it. */
  prompt?: Prompt | undefined;
}

/** What the next turn may go on from: all that was shown of a turn that was cut. Without text it begins anew. */
export interface ResumePoint {
  turn: number;
  shown: Record<Channel, string>;
}

export class LiveRun {
  readonly row: RunRow;
  readonly agent: AgentDefinition;
  /** The agent's backend or pool. */
  readonly ownPlace: string;
  /** The backend or pool that its turns go to; another one than the agent's while that is down. */
  place: string;
  /** Where its turns go: a member of the pool. The name of the place until one was chosen. */
  backend: string;
  /** The place that readers think it is at. */
  toldPlace: string;
  /** It has just failed on this backend and is not tried there again yet. */
  pausedOn: string | undefined;
  /** It waits, or has waited for long enough, for the member that has its conversation in the cache although another one has room. */
  homePatience: { timer: NodeJS.Timeout; isOver: boolean } | undefined;
  /** What failed was its prompt, and it is to be tried otherwise on the backend that showed how. */
  isBound = false;
  readonly chatId: string;
  /** What the caller says was said before; of a conversation that is kept here: nothing. */
  earlier: readonly ModelMessage[] = [];
  /** What the answer is to be; of a conversation that is kept here: whatever the model writes. */
  format: AnswerFormat | undefined;
  /** Interventions by policies that count against the cap. */
  interventions: number;
  /** Turns that were started. */
  turns = 0;
  phase: Phase = 'waiting';
  turn: LiveTurn | undefined;
  /** Turns that the model server refused as too long; undefined when a previous supervisor knew it. */
  overflows: number | undefined;
  /** Earlier runs to show the model at most, after such a refusal. */
  keepAtMost: number | undefined;
  /** Messages that readers know were left out. */
  leftOutTold = 0;
  /** Where the last turn was cut; undefined when it was not, or began anew and was lost. */
  resumePoint: ResumePoint | undefined;
  /** Readers know that this run answers anew although its agent goes on; undefined when a previous supervisor knew it. */
  regeneratesTold: boolean | undefined;

  /** What policies are told that it has used up, kept up to date while a turn streams. */
  readonly spending = new Spending();

  constructor(row: RunRow, agent: AgentDefinition, place: string, interventions: number) {
    this.row = row;
    this.agent = agent;
    this.ownPlace = place;
    this.place = place;
    this.backend = place;
    this.toldPlace = place;
    this.chatId = chatId(row.agent, row.chat);
    this.interventions = interventions;
    this.overflows = row.status === 'queued' ? 0 : undefined;
    this.regeneratesTold = row.status === 'queued' ? false : undefined;
  }

  get id(): string {
    return this.row.id;
  }

  get number(): number {
    return this.row.number;
  }

  get scope(): Required<Pick<EventScope, 'agent' | 'chat' | 'run'>> {
    return { agent: this.row.agent, chat: this.row.chat, run: this.row.id };
  }

  /** It waits for a person and has no connection to a model. */
  get isParked(): boolean {
    return this.phase === 'paused' && !this.turn?.upstreamOpen;
  }

  /** Its model has a connection to nobody, and it wants none now. */
  get hasNoSlot(): boolean {
    return this.isParked || this.phase === 'reviewing';
  }

  /** Readers may be shown more of its turn. */
  get hasOpenTurn(): boolean {
    return this.turn !== undefined && (this.phase === 'turn' || this.phase === 'reviewing');
  }

  get hasEnded(): boolean {
    return this.phase === 'draining';
  }
}

/** In the order in which their held-back ends are shown. */
export const CHANNELS: readonly Channel[] = ['reasoning', 'text'];

/** What the bus calls a turn. */
export function turnId(run: string, turn: number): string {
  return `${run}.${turn}`;
}
