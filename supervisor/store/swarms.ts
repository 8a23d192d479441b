/** Swarms and their steps: what was asked, who was asked for it, what each answered, and what came of it. */
import type { Database } from './database.ts';

/** Times are milliseconds since 1970. */
export interface SwarmRow {
  /** Key in the store. */
  number: number;
  id: string;
  key: string | null;
  /** JSON; where policies masked the task for an agent, it is masked here, too. */
  request: string;
  /** Of one that was masked: of the request as it was sent. */
  requestHash: string | null;
  state: 'running' | SwarmEnd;
  /** JSON; null: it has not ended, or nothing came of it. */
  result: string | null;
  /** JSON: name and message; null: it has not failed. */
  error: string | null;
  /** Seq of its first event. */
  firstSeq: number;
  createdAt: number;
  endedAt: number | null;
}

export type SwarmEnd = 'finished' | 'failed' | 'stopped';

/** A step, with what is known of its run. Times are milliseconds since 1970. */
export interface SwarmStepRow {
  step: string;
  /** Of the agent in the swarm. */
  name: string;
  agent: string;
  /** Null: it could not be asked. */
  run: string | null;
  /** JSON; null: it has not ended. */
  record: string | null;
  startedAt: number;
  endedAt: number | null;
}

const SELECT = `select number, id, key, request, request_hash as requestHash, state, result, error, first_seq as firstSeq, created_at as createdAt,
  ended_at as endedAt from swarm`;

export type SwarmStore = ReturnType<typeof swarmStore>;

export function swarmStore(database: Database) {
  const insert = database.prepare(
    `insert into swarm (id, key, request, state, first_seq, created_at) values (?, ?, ?, 'running', ?, ?)`,
  );
  const byId = database.prepare<[string], SwarmRow>(`${SELECT} where id = ?`);
  const byKey = database.prepare<[string], SwarmRow>(`${SELECT} where key = ?`);
  const open = database.prepare<[], SwarmRow>(`${SELECT} where state = 'running' order by number`);
  const byRun = database.prepare<[string], SwarmRow>(
    `${SELECT} where number = (select swarm from swarm_step where run = ?)`,
  );
  const mask = database.prepare(
    'update swarm set request = ?, request_hash = coalesce(request_hash, ?) where number = ?',
  );
  const newest = database.prepare<[number], SwarmRow>(`${SELECT} order by number desc limit ?`);
  const end = database.prepare(
    `update swarm set state = ?, result = ?, error = ?, ended_at = ? where number = ? and state = 'running'`,
  );
  const startStep = database.prepare(
    `insert or ignore into swarm_step (swarm, step, position, name, agent, run, started_at)
     values (?, ?, (select count(*) from swarm_step where swarm = ?), ?, ?, ?, ?)`,
  );
  const endStep = database.prepare('update swarm_step set record = ?, ended_at = ? where swarm = ? and step = ?');
  const step = database.prepare<[number, string], Pick<SwarmStepRow, 'name' | 'agent' | 'run'>>(
    'select name, agent, run from swarm_step where swarm = ? and step = ?',
  );
  const steps = database.prepare<[number], SwarmStepRow>(
    `select step, name, agent, run, record, started_at as startedAt, ended_at as endedAt from swarm_step
     where swarm = ? order by position`,
  );
  return {
    create: ({
      id,
      key,
      request,
      firstSeq,
      createdAt,
    }: Pick<SwarmRow, 'id' | 'key' | 'request' | 'firstSeq' | 'createdAt'>) =>
      void insert.run(id, key, request, firstSeq, createdAt),
    byId: (id: string) => byId.get(id),
    byKey: (key: string) => byKey.get(key),
    /** The one that a run is a step of, by the run's id. */
    byRun: (run: string) => byRun.get(run),
    /** `request`: JSON, masked; `hash`: of the request as it was before. The first hash stays. */
    mask: (swarm: number, request: string, hash: string) => void mask.run(request, hash, swarm),
    /** Those that run, oldest first. */
    open: () => open.all(),
    /** At most so many, newest first. */
    newest: (limit: number) => newest.all(limit),
    /** `result`, `error`: JSON. False when it had ended before. */
    end: (swarm: number, state: SwarmEnd, result: string | null, error: string | null, now: number) =>
      end.run(state, result, error, now, swarm).changes === 1,
    /** One that is there stays as it is. */
    startStep: (
      swarm: number,
      { step, name, agent, run }: Pick<SwarmStepRow, 'step' | 'name' | 'agent' | 'run'>,
      now: number,
    ) => void startStep.run(swarm, step, swarm, name, agent, run, now),
    /** `record`: JSON. */
    endStep: (swarm: number, step: string, record: string, now: number) => void endStep.run(record, now, swarm, step),
    step: (swarm: number, id: string) => step.get(swarm, id),
    /** In the order in which they began. */
    steps: (swarm: number) => steps.all(swarm),
  };
}
