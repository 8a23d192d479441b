/**
 * Reads what was recorded, for tests of policies: messages and turns in the order of their runs. The database is opened read-only; a
 * stack may write to it meanwhile, what is read is one state of it.
 */
import type { Action, Channel, Spent } from '../../policy/policy.ts';
import type { Decision, RecordedItem, RecordedLabel, RecordedStream, RecordedTurn } from '../backtest/recorded.ts';
import { decodeDeltas } from '../runs/stream-record.ts';
import { type Database, openDatabase } from './database.ts';

/** The first schema that has recorded streams. */
const FIRST_SCHEMA = 4;
/** UTF-16 units that make a token, about, where a server has not counted. */
const UNITS_PER_TOKEN = 4;

export interface RecordingFilter {
  /** Name of a chat, or `agent/name`. */
  chat?: string | undefined;
  /** Runs that were accepted at or after this time, milliseconds since 1970. */
  since?: number | undefined;
}

export interface Recordings {
  /** Turns that are going on, and those of versions that did not record, are left out. */
  items(filter: RecordingFilter): Iterable<RecordedItem>;
  labels(): RecordedLabel[];
  close(): void;
}

interface RunRow {
  number: number;
  id: string;
  agent: string;
  chatId: string;
  chat: string;
  content: string;
  reason: string | null;
  acceptedAt: number;
}

interface TurnRow {
  number: number;
  policies: string;
  startedAt: number;
  endedAt: number | null;
  tokens: number;
}

interface StreamRow {
  channel: Channel;
  text: string;
  deltas: Uint8Array;
  isWhole: number;
}

interface InterventionRow {
  turn: number;
  policy: string;
  action: Action;
  reason: string;
  from: number;
}

/** @throws Error when there is no such database, or it has no recordings */
export function openRecordings(path: string): Recordings {
  const database = openDatabase(path, { readonly: true });
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version < FIRST_SCHEMA) {
    database.close();
    throw new Error(`${path} is of an older version, which recorded no streams; start the stack once and talk to it.`);
  }
  database.exec('begin');
  const reader = new Reader(database);
  return {
    items: (filter) => reader.items(filter),
    labels: () => reader.labels(),
    close: () => void database.close(),
  };
}

class Reader {
  readonly #database: Database;
  /** Spent so far, by chat. */
  readonly #spent = new Map<string, Spent>();

  constructor(database: Database) {
    this.#database = database;
  }

  labels(): RecordedLabel[] {
    return this.#database
      .prepare<[], RecordedLabel>(
        'select run.id as run, label from run_label join run on run.number = run_label.run order by run.number',
      )
      .all();
  }

  *items({ chat, since = 0 }: RecordingFilter): Iterable<RecordedItem> {
    const numbers = this.#database
      .prepare<[], { number: number }>(`select number from run where status <> 'queued' order by number`)
      .all();
    const runOf = this.#database.prepare<[number], RunRow>(
      `select run.number, run.id, run.agent, run.chat_id as chatId, chat.name as chat, run.content, run.reason,
        run.accepted_at as acceptedAt from run join chat on chat.id = run.chat_id where run.number = ?`,
    );
    for (const { number } of numbers) {
      const run = runOf.get(number);
      if (run === undefined || (chat !== undefined && chat !== run.chat && chat !== run.chatId)) continue;
      const items = this.#itemsOf(run);
      if (run.acceptedAt >= since) yield* items;
    }
  }

  /** All of a run; what its turns spent is counted. */
  #itemsOf(run: RunRow): RecordedItem[] {
    const turns = this.#turns().all(run.number);
    const decisions = this.#decisions(run, turns.at(-1)?.number ?? 0);
    const place = { agent: run.agent, chat: run.chat, run: run.id };
    const policies = turns[0] === undefined ? undefined : namesOf(turns[0].policies);
    const items: RecordedItem[] = [
      { ...place, kind: 'message', turn: 0, content: run.content, decided: decisions.get(0) ?? [], policies },
    ];
    const spent = { run: nothing(), chat: this.#spent.get(run.chatId) ?? nothing() };
    this.#spent.set(run.chatId, spent.chat);
    for (const turn of turns) {
      const streams = this.#streams().all(run.number, turn.number);
      if (streams.length > 0) items.push(this.#turn(place, turn, streams, spent, decisions.get(turn.number) ?? []));
      for (const sum of [spent.run, spent.chat]) spend(sum, turn, streams);
    }
    return items;
  }

  #turn(
    place: Pick<RecordedTurn, 'agent' | 'chat' | 'run'>,
    { number: turn, policies }: TurnRow,
    streams: readonly StreamRow[],
    { run, chat }: { run: Spent; chat: Spent },
    decided: readonly Decision[],
  ): RecordedTurn {
    const isWhole = streams.every((stream) => stream.isWhole === 1);
    const spentBefore = { run: { ...run }, chat: { ...chat } };
    const read = streams.map(toStream);
    return {
      ...place,
      kind: 'turn',
      turn,
      streams: read,
      isWhole,
      spentBefore,
      decided,
      policies: namesOf(policies),
    };
  }

  /** What was done, by turn. */
  #decisions({ number, reason }: RunRow, lastTurn: number): Map<number, Decision[]> {
    const decisions = new Map<number, Decision[]>();
    const add = (turn: number, decision: Decision): void => {
      decisions.set(turn, [...(decisions.get(turn) ?? []), decision]);
    };
    for (const { turn, ...decision } of this.#interventions().all(number)) add(turn, decision);
    const failure = /^policy_failed: (policy (\S+) failed in (\w+): .*)$/s.exec(reason ?? '');
    if (failure !== null) {
      const [, message = '', policy = '', hook] = failure;
      add(hook === 'onMessage' ? 0 : lastTurn, { policy, action: 'failed', reason: message, from: 0 });
    }
    return decisions;
  }

  #turns() {
    return this.#prepared<[number], TurnRow>(
      `select number, policies, started_at as startedAt, ended_at as endedAt, completion_tokens as tokens
        from turn where run = ? and outcome is not null order by number`,
    );
  }

  #streams() {
    return this.#prepared<[number, number], StreamRow>(
      'select channel, text, deltas, is_whole as isWhole from turn_stream where run = ? and turn = ?',
    );
  }

  #interventions() {
    return this.#prepared<[number], InterventionRow>(
      `select turn, policy, action, reason, coalesce(raw_from, shown_offset) as "from"
        from intervention where run = ? order by id`,
    );
  }

  readonly #statements = new Map<string, unknown>();

  #prepared<Given extends unknown[], Row>(sql: string) {
    const prepare = () => this.#database.prepare<Given, Row>(sql);
    const known = this.#statements.get(sql) as ReturnType<typeof prepare> | undefined;
    if (known !== undefined) return known;
    const statement = prepare();
    this.#statements.set(sql, statement);
    return statement;
  }
}

function toStream({ channel, text, deltas }: StreamRow): RecordedStream {
  return { channel, text, deltas: decodeDeltas(deltas) };
}

/** `name@version name@version` */
function namesOf(policies: string): string[] {
  return policies.split(' ').flatMap((one) => one.split('@')[0] || []);
}

function nothing(): Spent {
  return { turns: 0, tokens: 0, ms: 0 };
}

function spend(sum: Spent, { tokens, startedAt, endedAt }: TurnRow, streams: readonly StreamRow[]): void {
  const characters = streams.reduce((all, { text }) => all + text.length, 0);
  sum.turns++;
  sum.tokens += tokens > 0 ? tokens : Math.ceil(characters / UNITS_PER_TOKEN);
  sum.ms += (endedAt ?? startedAt) - startedAt;
}
