/**
 * How the agents of a run are brought about. All run the same turn code over the same bus; what differs is where: a process each, a thread
 * each, all on the event loop of the benchmark, or that with a mutex around each agent's work. `-1kb`: reads cut to 1,024 bytes.
 */
import type { BackendDefinition } from '../../agent/backend/backend.ts';
import type { RuntimeName } from '../choices.ts';

/** The name that every agent knows its model server by. */
export const BACKEND = 'server';
const SMALL_READ_BYTES = 1024;

/** An agent to bring about. */
export interface AgentPlace {
  /** `a`, `b`, … */
  name: string;
  backend: Omit<BackendDefinition, 'name'>;
}

/** Where an agent runs, as the system numbers it; thread 0 is the main one. */
export interface AgentIdentity {
  processId: number;
  threadId: number;
}

/** Agents that run. */
export interface StartedAgents {
  identities: ReadonlyMap<string, AgentIdentity>;
  /** Ends them; resolves when they are gone. */
  close(): Promise<void>;
}

/** Where a runtime runs its agents. */
export type Whereabouts = 'process' | 'worker' | 'inline';

/** What a runtime's name means. */
export function meaningOf(name: RuntimeName): { where: Whereabouts; isSerial: boolean; readBytes: number | undefined } {
  const [kind = ''] = name.split('-');
  return {
    where: kind === 'serial' ? 'inline' : (kind as Whereabouts),
    isSerial: kind === 'serial',
    readBytes: name.endsWith('-1kb') ? SMALL_READ_BYTES : undefined,
  };
}
