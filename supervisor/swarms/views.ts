/** What is seen of swarms from outside, and what one may do with them. */
import type { StepRecord } from '../../swarm/agents.ts';
import type { ModeName } from '../../swarm/modes.ts';
import type { SwarmRequest } from '../../swarm/request.ts';
import type { SwarmResult } from '../../swarm/result.ts';
import type { SwarmRow, SwarmStepRow } from '../store/swarms.ts';

/** A swarm in the list. Times are milliseconds since 1970. */
export interface SwarmSummary {
  swarm: string;
  state: SwarmRow['state'];
  mode: ModeName;
  task: string;
  agents: string[];
  created_at: number;
  ended_at?: number;
}

export interface SwarmView extends SwarmSummary {
  request: SwarmRequest;
  /** In the order in which they began. */
  steps: SwarmStepView[];
  /** What came of it; of one that failed: what there was. */
  result?: SwarmResult;
  /** Why it failed. */
  error?: { name: string; message: string };
  /** Seq of its first event; reading its events after `first_seq - 1` shows all of it. */
  first_seq: number;
}

/** An agent that was asked once. Times are milliseconds since 1970. */
export interface SwarmStepView {
  step: string;
  /** What the agent is called in the swarm. */
  name: string;
  agent: string;
  /** Id of its run; absent: it could not be asked. */
  run?: string;
  /** `stopped`: the swarm was, before it ended. */
  state: 'running' | 'ended' | 'stopped';
  answer?: string;
  error?: string;
  tokens?: number;
  started_at: number;
  ended_at?: number;
}

/** Swarms, as doors use them. */
export interface SwarmDesk {
  /**
   * Resolves once the swarm is durable; it goes on by itself, also over restarts. The same key and request: the same swarm.
   * @throws InterjectError unknown_agent, key_conflict, too_many_swarms, storage_failed, stopping
   */
  start(request: SwarmRequest, key: string | undefined): Promise<SwarmView>;
  /** The newest ones, newest first. */
  list(): SwarmSummary[];
  /** @throws InterjectError unknown_swarm */
  view(id: string): SwarmView;
  /** Resolves when it has ended, or after `milliseconds` with what it is then. @throws InterjectError unknown_swarm */
  wait(id: string, milliseconds: number, signal?: AbortSignal): Promise<SwarmView>;
  /** Ends a swarm and its runs; one that has ended stays as it is. @throws InterjectError unknown_swarm, storage_failed */
  stop(id: string): Promise<SwarmView>;
}

export function swarmSummary(row: SwarmRow): SwarmSummary {
  const { mode, task, agents } = JSON.parse(row.request) as SwarmRequest;
  const { id: swarm, state, createdAt: created_at, endedAt } = row;
  return { swarm, state, mode, task, agents, created_at, ...(endedAt !== null && { ended_at: endedAt }) };
}

export function swarmView(row: SwarmRow, steps: readonly SwarmStepRow[]): SwarmView {
  return {
    ...swarmSummary(row),
    request: JSON.parse(row.request) as SwarmRequest,
    steps: steps.map((step) => stepView(step, row.state === 'running')),
    ...(row.result !== null && { result: JSON.parse(row.result) as SwarmResult }),
    ...(row.error !== null && { error: JSON.parse(row.error) as { name: string; message: string } }),
    first_seq: row.firstSeq,
  };
}

function stepView(row: SwarmStepRow, goesOn: boolean): SwarmStepView {
  const { step, name, agent, run, startedAt: started_at, endedAt } = row;
  const record = row.record === null ? undefined : (JSON.parse(row.record) as StepRecord);
  const open = goesOn ? 'running' : 'stopped';
  return {
    ...{ step, name, agent },
    ...(run !== null && { run }),
    state: record === undefined ? open : 'ended',
    ...(record !== undefined && { answer: record.answer }),
    ...(record?.error !== undefined && { error: record.error }),
    ...(record?.tokens !== undefined && { tokens: record.tokens }),
    started_at,
    ...(endedAt !== null && { ended_at: endedAt }),
  };
}
