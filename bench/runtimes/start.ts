/** Brings agents about in the runtime of a name, all on one bus. */
import { join } from 'node:path';
import type { AgentSettings } from '../../agent/agent-process.ts';
import type { RuntimeName } from '../choices.ts';
import { AgentBus } from './agent-bus.ts';
import { startInline } from './inline.ts';
import { agentSettings, startProcesses } from './processes.ts';
import { type AgentIdentity, type AgentPlace, BACKEND, meaningOf, type StartedAgents } from './runtime.ts';
import { startWorkers } from './workers.ts';

export interface Runtime {
  name: RuntimeName;
  bus: AgentBus;
  identities: ReadonlyMap<string, AgentIdentity>;
  /** One agent works at a time. */
  isSerial: boolean;
  /** Ends agents and bus; resolves when nothing is left. */
  close(): Promise<void>;
}

/** Resolves when every agent has said hello. @throws Failure an agent cannot start */
export async function startRuntime(name: RuntimeName, places: readonly AgentPlace[]): Promise<Runtime> {
  const { where, isSerial, readBytes } = meaningOf(name);
  const bus = new AgentBus();
  let started: StartedAgents | undefined;
  const close = async (): Promise<void> => {
    await started?.close();
    await bus.close();
  };
  try {
    await bus.listen();
    const settings = places.map(({ name: agent, backend }) =>
      agentSettings(agent, bus.socketPath, {
        name: BACKEND,
        ...backend,
        ...(readBytes !== undefined && { readBytes }),
      }),
    );
    started = await START[where](settings, join(bus.folder, 'agents.log'));
    await Promise.all(places.map((place) => bus.present(place.name)));
    return { name, bus, identities: started.identities, isSerial, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Start = (agents: readonly AgentSettings[], logFile: string) => StartedAgents | Promise<StartedAgents>;

const START: Record<'process' | 'worker' | 'inline', Start> = {
  process: startProcesses,
  worker: startWorkers,
  inline: startInline,
};
