/** Agents on the event loop of the benchmark itself. */
import { type AgentSettings, runAgent } from '../../agent/agent-process.ts';
import type { AgentIdentity, StartedAgents } from './runtime.ts';
import { SILENT_LOG } from './silent-log.ts';

/** Runs all agents here. */
export function startInline(agents: readonly AgentSettings[]): StartedAgents {
  const ending = new AbortController();
  for (const settings of agents) runAgent(settings, SILENT_LOG, ending.signal);
  const here: AgentIdentity = { processId: process.pid, threadId: 0 };
  return {
    identities: new Map(agents.map(({ agent }) => [agent, here])),
    close: async () => ending.abort(),
  };
}
