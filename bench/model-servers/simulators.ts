/** Two instances of the simulator, each a process of its own, that end with the benchmark: for a machine without a model server. */
import { startChild } from '../runtimes/children.ts';

export interface Simulators {
  urls: string[];
  close(): Promise<void>;
}

/** Settings as the simulator takes them over HTTP. */
type Settings = Readonly<Record<string, unknown>>;

/** Starts that many, each with the same settings. `slots`: how many requests each works on at a time. @throws Failure */
export async function startSimulators(
  count: number,
  { models, slots = 1, settings = {} }: { models: readonly string[]; slots?: number; settings?: Settings },
): Promise<Simulators> {
  const log = { file: '/dev/null', level: 'silent' };
  const children = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startChild('simulator', `simulator ${index + 1}`, { role: 'model', port: 0, slots, log }),
    ),
  );
  const urls = children.map(({ port }) => `http://127.0.0.1:${port}`);
  await Promise.all(urls.map((url) => changeSettings(url, { models, ...settings })));
  return { urls, close: async () => void (await Promise.all(children.map((child) => child.close()))) };
}

/** Changes settings of a simulator that runs. */
async function changeSettings(url: string, settings: Settings): Promise<void> {
  const reply = await fetch(`${url}/simulator/settings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  if (!reply.ok) throw new Error(`${url}/simulator/settings answered ${reply.status}: ${await reply.text()}`);
}
