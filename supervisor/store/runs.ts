/** Runs and their inbox rows: what was acknowledged, who has it, how it ended. */
import type { RunStatus } from '../events.ts';
import type { Database } from './database.ts';

/** Who waits for the answer: a person or a program that asked an agent, another agent that wrote to it, a swarm, a benchmark. */
type RunOrigin = 'interactive' | 'agent' | 'swarm' | 'benchmark';

/** What makes a message another agent's. */
interface LetterOrigin {
  /** Name of the agent that wrote it. */
  from: string;
  /** Id of the run whose answer it was in. */
  fromRun: string;
  /** Letters in a row, this one included. */
  hops: number;
  /** Number of the run that all this began with. */
  thread: number;
}

/** What is not said of most runs. */
export interface RunOptions {
  /** The caller holds the conversation. */
  isEphemeral?: boolean | undefined;
  /** Default: interactive. */
  origin?: RunOrigin | undefined;
  /** System prompt instead of the agent's. */
  system?: string | undefined;
  /** Id of the swarm that the chat belongs to: it is not listed among the agent's. */
  swarm?: string | undefined;
  /** Absent: no other agent wrote the message. */
  letter?: LetterOrigin | undefined;
}

/** A run as it is stored. Times are milliseconds since 1970. */
export interface RunRow {
  /** Key in the store; small enough for the watchdog's shared memory. */
  number: number;
  id: string;
  agent: string;
  chat: string;
  content: string;
  /** Of a message that was masked: hash of what was sent, see keyed-hash.ts. */
  contentHash: string | null;
  /** 1: the caller holds the conversation; the run belongs to its connection. */
  isEphemeral: 0 | 1;
  origin: RunOrigin;
  /** System prompt instead of the agent's; null: the agent's. */
  system: string | null;
  /** Name of the agent that wrote the message, and id of the run whose answer it was in; null: no agent did. */
  fromAgent: string | null;
  fromRun: string | null;
  /** Letters in a row, this one included; 0: it is none. */
  hops: number;
  /** Of a letter: number of the run that all this began with. */
  thread: number | null;
  status: RunStatus | 'queued' | 'running';
  reason: string | null;
  firstSeq: number;
  agentDeaths: number;
  backendFailures: number;
  acceptedAt: number;
  startedAt: number | null;
  firstTextAt: number | null;
  endedAt: number | null;
}

export interface NewRun extends RunOptions {
  id: string;
  agent: string;
  chat: string;
  key: string | undefined;
  content: string;
  firstSeq: number;
  now: number;
}

/** What a run is before anything happened to it. */
const NEW = {
  status: 'queued',
  reason: null,
  contentHash: null,
  agentDeaths: 0,
  backendFailures: 0,
  startedAt: null,
  firstTextAt: null,
  endedAt: null,
} as const;

const COLUMNS = `run.number, run.id, run.agent, chat.name as chat, run.content, run.content_hash as contentHash, chat.is_ephemeral as isEphemeral, run.origin, run.system,
  run.from_agent as fromAgent, run.from_run as fromRun, run.hops, run.thread, run.status, run.reason, run.first_seq as firstSeq,
  run.agent_deaths as agentDeaths, run.backend_failures as backendFailures,
  run.accepted_at as acceptedAt, run.started_at as startedAt, run.first_text_at as firstTextAt, run.ended_at as endedAt`;
const FROM = 'from run join chat on chat.id = run.chat_id';

/** The id of a chat: unique for the whole store. */
export function chatId(agent: string, chat: string): string {
  return `${agent}/${chat}`;
}

export type RunStore = ReturnType<typeof runStore>;

export function runStore(database: Database) {
  const insertChat = database.prepare(
    'insert or ignore into chat (id, agent, name, created_at, is_ephemeral, swarm) values (?, ?, ?, ?, ?, ?)',
  );
  const insertRun = database.prepare(
    `insert into run (id, agent, chat_id, key, content, origin, system, from_agent, from_run, hops, thread, status, first_seq, accepted_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)`,
  );
  const insertInbox = database.prepare(`insert into inbox (run, agent, kind, state, ts) values (?, ?, ?, 'queued', ?)`);
  const byId = database.prepare<[string], RunRow>(`select ${COLUMNS} ${FROM} where run.id = ?`);
  const byNumber = database.prepare<[number], RunRow>(`select ${COLUMNS} ${FROM} where run.number = ?`);
  const byKey = database.prepare<[string, string], RunRow>(
    `select ${COLUMNS} ${FROM} where run.agent = ? and run.key = ?`,
  );
  const open = database.prepare<[], RunRow>(
    `select ${COLUMNS} ${FROM} where run.status in ('queued', 'running') order by number`,
  );
  const claimInbox = database.prepare(
    `update inbox set state = 'claimed', incarnation = ? where run = ? and state <> 'settled'`,
  );
  const releaseInbox = database.prepare(
    `update inbox set state = 'queued', incarnation = null where run = ? and state = 'claimed'`,
  );
  const settleInbox = database.prepare(`update inbox set state = 'settled' where run = ?`);
  const start = database.prepare(`update run set status = 'running', started_at = ?, policies = ? where number = ?`);
  const firstText = database.prepare('update run set first_text_at = ? where number = ? and first_text_at is null');
  const mask = database.prepare('update run set content = ?, content_hash = ? where number = ?');
  const failures = database.prepare('update run set agent_deaths = ?, backend_failures = ? where number = ?');
  const end = database.prepare(
    'update run set status = ?, reason = ?, ended_at = ? where number = ? and ended_at is null',
  );
  return {
    /** Makes the chat where it is new, the run, and its inbox row. */
    create({ key, now, isEphemeral = false, origin = 'interactive', system, swarm, letter, ...run }: NewRun): RunRow {
      const chat = chatId(run.agent, run.chat);
      insertChat.run(chat, run.agent, run.chat, now, isEphemeral ? 1 : 0, swarm ?? null);
      const sender = senderOf(letter);
      const { fromAgent, fromRun, hops, thread } = sender;
      const values = [run.id, run.agent, chat, key ?? null, run.content, origin, system ?? null];
      const added = insertRun.run(...values, fromAgent, fromRun, hops, thread, run.firstSeq, now);
      const number = Number(added.lastInsertRowid);
      insertInbox.run(number, run.agent, 'message', now);
      const options = { isEphemeral: isEphemeral ? 1 : 0, origin, system: system ?? null } as const;
      return { ...NEW, ...run, ...options, ...sender, number, acceptedAt: now };
    },
    /** Puts an interjection into the inbox; it belongs to the open run. */
    addInterjection: (run: number, agent: string, now: number) => void insertInbox.run(run, agent, 'interjection', now),
    byId: (id: string) => byId.get(id),
    byNumber: (number: number) => byNumber.get(number),
    byKey: (agent: string, key: string) => byKey.get(agent, key),
    /** Queued and running runs, oldest first. */
    open: () => open.all(),
    /** `policies`: the versions that judge the message. */
    start: (run: number, now: number, policies?: string) => void start.run(now, policies ?? null, run),
    /** The inbox rows of a run are with this incarnation of the agent now. */
    claim: (run: number, incarnation: string) => void claimInbox.run(incarnation, run),
    /** No agent has them any more. */
    release: (run: number) => void releaseInbox.run(run),
    /** Forgets what was sent but for its hash. */
    mask: (run: number, content: string, hash: string) => void mask.run(content, hash, run),
    setFirstText: (run: number, now: number) => void firstText.run(now, run),
    setFailures: (run: number, agentDeaths: number, backendFailures: number) =>
      void failures.run(agentDeaths, backendFailures, run),
    /** Ends a run and settles its inbox rows; false when it had ended before. */
    end(run: number, status: RunStatus, reason: string | undefined, now: number): boolean {
      settleInbox.run(run);
      return end.run(status, reason ?? null, now, run).changes === 1;
    },
  };
}

function senderOf(letter: LetterOrigin | undefined): Pick<RunRow, 'fromAgent' | 'fromRun' | 'hops' | 'thread'> {
  if (letter === undefined) return { fromAgent: null, fromRun: null, hops: 0, thread: null };
  const { from, fromRun, hops, thread } = letter;
  return { fromAgent: from, fromRun, hops, thread };
}
