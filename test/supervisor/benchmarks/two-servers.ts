/** A stack on simulators that are not its own, for what happens between chats and whoever else works there. */
import { onTestFinished } from 'vitest';
import { type Simulator, startSimulator } from '../../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../../agent/backend/simulator/settings.ts';
import { type RunningStack, type StackOptions, startStack } from '../running-stack.ts';

export interface OnServers {
  stack: RunningStack;
  /** By the name of the backend. */
  servers: Record<string, Simulator>;
}

/** Its `assistant` asks the first one, its `analyst` the last one; `gpuGroup`: they are on one GPU. */
export async function onServers(
  named: Record<string, SimulatorOptions>,
  { gpuGroup, ...options }: StackOptions & { gpuGroup?: string } = {},
): Promise<OnServers> {
  const servers: Record<string, Simulator> = {};
  for (const [name, settings] of Object.entries(named)) {
    const simulator = await startSimulator({ ttftMs: 2, tokensPerSecond: 0, slots: 1, ...settings });
    onTestFinished(() => simulator.close());
    servers[name] = simulator;
  }
  const names = Object.keys(named);
  const backends = names.map((name) => {
    const { url } = servers[name] as Simulator;
    return { name, kind: 'openai' as const, url, ...(gpuGroup !== undefined && { gpuGroup }) };
  });
  const agents = [
    { name: 'assistant', backend: names[0] ?? '' },
    { name: 'analyst', backend: names.at(-1) ?? '' },
  ];
  const stack = await startStack({ backends, agents, ...options });
  await stack.until(() => stack.supervisor.backends().every(({ up }) => up));
  return { stack, servers };
}
