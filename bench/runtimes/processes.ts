/** Agents as processes of their own: the same program that the stack forks. They end with the benchmark, however that ends. */
import { randomUUID } from 'node:crypto';
import type { AgentSettings } from '../../agent/agent-process.ts';
import { startChild } from './children.ts';
import type { AgentIdentity, StartedAgents } from './runtime.ts';

/** Forks one process an agent. `logFile`: they write warnings into it. @throws Failure one of them cannot start */
export async function startProcesses(agents: readonly AgentSettings[], logFile: string): Promise<StartedAgents> {
  const log = { file: logFile, level: 'warn' };
  const started = await Promise.allSettled(
    agents.map((settings) => startChild('agent', `agent ${settings.agent}`, { ...settings, role: 'agent', log })),
  );
  const children = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => void (await Promise.all(children.map((child) => child.close())));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  const identities = agents.map(({ agent }, index): [string, AgentIdentity] => {
    return [agent, { processId: children[index]?.pid ?? 0, threadId: 0 }];
  });
  return { identities: new Map(identities), close };
}

/** Settings of an agent on this bus. */
export function agentSettings(
  agent: string,
  socketPath: string,
  backend: AgentSettings['backends'][number],
): AgentSettings {
  return { agent, incarnation: randomUUID(), socketPath, backends: [backend] };
}
