/** Several simulators by name, as backends of a stack in one process: they die, come back on their ports, and say what they were asked. */
import { onTestFinished } from 'vitest';
import { type Simulator, startSimulator } from '../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../agent/backend/simulator/settings.ts';
import type { BackendConfiguration } from '../../supervisor/configuration.ts';
import { type RunningStack, type StackOptions, startStack } from './running-stack.ts';

export class Servers {
  readonly #simulators = new Map<string, Simulator>();
  readonly #options = new Map<string, SimulatorOptions>();

  async start(name: string, options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = await startSimulator({ ttftMs: 2, tokensPerSecond: 0, slots: 4, ...options });
    this.#simulators.set(name, simulator);
    this.#options.set(name, options);
    onTestFinished(() => simulator.close());
    return simulator;
  }

  get(name: string): Simulator {
    return this.#simulators.get(name) as Simulator;
  }

  /** Another one on the port of one that is gone. */
  async revive(name: string): Promise<Simulator> {
    return this.start(name, { ...this.#options.get(name), port: this.get(name).port });
  }

  get configurations(): BackendConfiguration[] {
    return [...this.#simulators].map(([name, { url }]) => ({ name, kind: 'openai', url }));
  }

  /** What the models of this name were asked, in order. */
  asked(name: string): (string | undefined)[] {
    return this.get(name)
      .requests()
      .map(({ messages }) => messages.at(-1)?.content);
  }
}

export interface Setting {
  servers: Servers;
  stack: RunningStack;
}

/** A stack on simulators of these names; all of them are up. `changes`: what is said of each of them. */
export async function startOn(
  names: Record<string, SimulatorOptions>,
  options: StackOptions = {},
  changes: Partial<BackendConfiguration> = {},
): Promise<Setting> {
  const servers = new Servers();
  for (const [name, simulator] of Object.entries(names)) await servers.start(name, simulator);
  const backends = servers.configurations.map((each) => ({ ...each, ...changes }));
  const stack = await startStack({ backends, ...options });
  await stack.until(() => stack.supervisor.backends().every(({ up }) => up));
  return { servers, stack };
}

export const isDown = (stack: RunningStack, name: string): boolean =>
  stack.supervisor.backends().some((backend) => backend.name === name && !backend.up);

/** Resolves when the stack knows that it is dead. */
export async function kill({ servers, stack }: Setting, name: string): Promise<void> {
  await servers.get(name).close();
  stack.engine.bench.backends.check(name);
  await stack.until(() => isDown(stack, name));
}
