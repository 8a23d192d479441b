/**
 * Reads what was recorded, for tests of policies: messages and turns in the order of their runs. The database is opened read-only; a
 * stack may write to it meanwhile, what is read is one state of it.
 */
import type { Channel } from '../../policy/policy.ts';
import type {
  Decision,
  RecordedItem,
  RecordedLabel,
  RecordedMessage,
  RecordedPlace,
  RecordedStream,
  RecordedTurn,
} from '../backtest/recorded.ts';
import type { TextSpan } from '../gate/redactions.ts';
import { readVersions } from '../policies/policy-version.ts';
import { decodeDeltas } from '../runs/stream-record.ts';
import { unmasked } from '../runs/unmasked.ts';
import { type Database, openDatabase } from './database.ts';
import { type DecisionRow, decisionsOf, secretsOf } from './recorded-decisions.ts';
import { NEWEST_SCHEMA } from './schema.ts';
import type { RecordedSpending } from './streams.ts';

/** The first schema that has recorded streams. */
const FIRST_SCHEMA = 5;
/** The first one in which a message says which agent wrote it. */
const LETTERS_SCHEMA = 9;

export interface RecordingFilter {
  /** Name of a chat, or `agent/name`. */
  chat?: string | undefined;
  /** Runs that were accepted at or after this time, milliseconds since 1970. */
  since?: number | undefined;
}

export interface Recordings {
  /** Turns that are going on, and those of versions that did not record, are left out. @throws Error when there is no such chat */
  items(filter: RecordingFilter): Iterable<RecordedItem>;
  /** Turns that have ended and are left out: a version that did not keep streams recorded them. */
  unrecorded(filter: RecordingFilter): number;
  labels(): RecordedLabel[];
  close(): void;
}

interface RunRow {
  number: number;
  id: string;
  agent: string;
  chat: string;
  content: string;
  reason: string | null;
  policies: string | null;
  /** Name of the agent that wrote the message. */
  sender: string | null;
}

interface TurnRow {
  number: number;
  policies: string;
}

interface StreamRow {
  channel: Channel;
  text: string;
  origin: number;
  resumed: number;
  deltas: Uint8Array;
  /** JSON. */
  secrets: string;
  spent: string;
  isWhole: number;
}

const CHOSEN = `run join chat on chat.id = run.chat_id
  where run.status <> 'queued' and run.accepted_at >= :since and (:chat is null or :chat in (chat.name, chat.id))`;

/** @throws Error when this is no database of this version, or of an older one that has no recordings */
export function openRecordings(path: string): Recordings {
  const database = openDatabase(path, { readonly: true });
  try {
    checkSchema(database, path);
    database.exec('begin');
    return new Reader(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkSchema(database: Database, path: string): void {
  const version = schemaOf(database, path);
  if (version > NEWEST_SCHEMA) {
    throw new Error(`${path} was written by a newer version of interject (schema ${version}); use that version.`);
  }
  if (version >= FIRST_SCHEMA) return;
  throw new Error(
    version === 0
      ? `${path} holds no recordings: start the stack and talk to an agent first.`
      : `${path} was recorded before streams were kept (schema ${version}). Start the stack with it once; what is said ` +
          'from then on can be tested.',
  );
}

function schemaOf(database: Database, path: string): number {
  try {
    return Number(database.pragma('user_version', { simple: true }));
  } catch (error) {
    throw new Error(`${path} cannot be read as a database: ${(error as Error).message}.`);
  }
}

class Reader implements Recordings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  close(): void {
    this.#database.close();
  }

  labels(): RecordedLabel[] {
    return this.#database
      .prepare<[], RecordedLabel>(
        'select run.id as run, label from run_label join run on run.number = run_label.run order by run.number',
      )
      .all();
  }

  unrecorded(filter: RecordingFilter): number {
    const count = this.#database.prepare<[object], { turns: number }>(
      `select count(*) as turns from turn where outcome is not null and run in (select run.number from ${CHOSEN})
        and not exists (select 1 from turn_stream s where s.run = turn.run and s.turn = turn.number)`,
    );
    return count.get(parametersOf(filter))?.turns ?? 0;
  }

  *items(filter: RecordingFilter): Iterable<RecordedItem> {
    this.#checkChat(filter.chat);
    const numbers = this.#database.prepare<[object], { number: number }>(
      `select run.number as number from ${CHOSEN} order by run.number`,
    );
    const statements = prepareAll(this.#database);
    for (const { number } of numbers.all(parametersOf(filter))) yield* itemsOf(number, statements);
  }

  /** @throws Error that names the chats there are */
  #checkChat(chat: string | undefined): void {
    if (chat === undefined) return;
    const ids = this.#database.prepare<[], { id: string }>('select id from chat order by created_at desc, id').all();
    if (ids.some(({ id }) => id === chat || id.slice(id.indexOf('/') + 1) === chat)) return;
    const some = ids.slice(0, 5).map(({ id }) => id);
    const known = ids.length === 0 ? 'there are none' : `there are ${some.join(', ')}${ids.length > 5 ? ', …' : ''}`;
    throw new Error(`There is no chat "${chat}": ${known}.`);
  }
}

function parametersOf({ chat, since }: RecordingFilter): object {
  return { chat: chat ?? null, since: since ?? 0 };
}

function prepareAll(database: Database) {
  const sender = schemaOf(database, database.name) < LETTERS_SCHEMA ? 'null' : 'run.from_agent';
  return {
    run: database.prepare<[number], RunRow>(
      `select run.number, run.id, run.agent, chat.name as chat, run.content, run.reason, run.policies,
          ${sender} as sender
        from run join chat on chat.id = run.chat_id where run.number = ?`,
    ),
    turns: database.prepare<[number], TurnRow>(
      'select number, policies from turn where run = ? and outcome is not null order by number',
    ),
    streams: database.prepare<[number, number], StreamRow>(
      `select channel, text, origin, resumed, deltas, secrets, spent, is_whole as isWhole
        from turn_stream where run = ? and turn = ?`,
    ),
    decisions: database.prepare<[number], DecisionRow>(
      `select turn, policy, action, reason, channel, coalesce(raw_from, shown_offset) as "from", raw_to as "to", hook,
        shown_offset as shownOffset, coalesce(mask_length, 0) as maskLength, withheld, withheld_length as withheldLength
        from intervention where run = ? order by id`,
    ),
  };
}

type Statements = ReturnType<typeof prepareAll>;

/** All of a run. */
function itemsOf(number: number, statements: Statements): RecordedItem[] {
  const run = statements.run.get(number);
  if (run === undefined) return [];
  const turns = statements.turns.all(number);
  const rows = statements.decisions.all(number);
  const decided = decisionsOf(rows, run.reason, turns.at(-1)?.number ?? 0);
  const place = { agent: run.agent, chat: run.chat, run: run.id };
  const items: RecordedItem[] = [messageOf(run, turns[0], rows, decided.get(0) ?? [])];
  for (const turn of turns) {
    const streams = statements.streams.all(number, turn.number);
    const own = rows.filter((row) => row.turn === turn.number);
    const found = turnOf({ ...place, turn: turn.number }, turn, streams, own);
    if (found !== undefined) items.push({ ...found, decided: decided.get(turn.number) ?? [] });
  }
  return items;
}

function messageOf(
  { agent, chat, id, content, policies, sender }: RunRow,
  firstTurn: TurnRow | undefined,
  rows: readonly DecisionRow[],
  decided: readonly Decision[],
): RecordedMessage {
  const own = rows.filter(({ turn }) => turn === 0);
  const judges = policies ?? firstTurn?.policies;
  return {
    ...{ kind: 'message', agent, chat, run: id, turn: 0, decided },
    content: unmasked({ text: content, reasoning: '' }, own.filter(isRedaction), 'text'),
    secrets: secretsOf(own, 'text'),
    ...(sender !== null && { from: sender }),
    policies: judges === undefined ? undefined : namesOf(judges),
  };
}

function isRedaction({ action }: DecisionRow): boolean {
  return action === 'redact';
}

/** Undefined: its streams were not kept. */
function turnOf(
  place: RecordedPlace,
  { policies }: TurnRow,
  streams: readonly StreamRow[],
  rows: readonly DecisionRow[],
): Omit<RecordedTurn, 'decided'> | undefined {
  const [first] = streams;
  if (first === undefined) return undefined;
  return {
    ...place,
    kind: 'turn',
    streams: streams.map((stream) => toStream(stream, rows)),
    isWhole: first.isWhole === 1,
    spent: JSON.parse(first.spent) as RecordedSpending,
    policies: namesOf(policies),
  };
}

/** What was secret before a restart of the supervisor is known by its redactions only. */
function toStream(
  { channel, text, origin, resumed, deltas, secrets }: StreamRow,
  rows: readonly DecisionRow[],
): RecordedStream {
  const kept = (JSON.parse(secrets) as [number, number][]).map(([from, to]): TextSpan => ({ from, to }));
  const earlier = resumed === 0 ? [] : secretsOf(rows, channel).filter(({ from }) => from < origin + resumed);
  return { channel, text, origin, resumed, deltas: decodeDeltas(deltas), secrets: [...earlier, ...kept] };
}

function namesOf(policies: string): string[] {
  return readVersions(policies).map(({ name }) => name);
}
