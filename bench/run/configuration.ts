/** One configuration, run so many times: measured, and written run by run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../agent/backend/question.ts';
import { ServerAddress } from '../../agent/backend/server-address.ts';
import { lookAtServer, type ServerFacts } from '../model-servers/look.ts';
import type { Runtime } from '../runtimes/start.ts';
import { type ChimeraOptions, callOptionsOf, type Scenario, scenarioOf } from '../scenarios.ts';
import { type Bench, type MeasuredAgent, PAIR } from '../schedule/agent-work.ts';
import { type Step, stepsOf } from '../schedule/design.ts';
import { type MeasurementRecord, measure } from '../schedule/measure.ts';
import { Semaphore } from '../schedule/semaphore.ts';
import { OWN_SERVERS, type Slots } from '../schedule/slots.ts';
import { worksOfStep } from '../schedule/works.ts';
import { antiPatterns } from './anti-patterns.ts';
import type { GpuSamples } from './gpu-samples.ts';
import type { Progress } from './progress.ts';
import type { PlacedMeasurement } from './recording-fields.ts';
import type { ResultFolder, RunContext } from './result-folder.ts';
import type { RunSettings } from './settings.ts';
import { hasWaited, withWaitsInvalid } from './waits.ts';

/** What configurations of one benchmark share. */
export interface Surroundings {
  runtime: Runtime;
  /** Of agent A and agent B. */
  servers: readonly [ServerFacts, ServerFacts];
  fallback: string | undefined;
  /** The agent that does not work, as its server is down and the other has no room for two. */
  missingAgent?: 'a' | 'b' | undefined;
  /** Folder to ingest. */
  corpus: string;
  /** What is true of all configurations. */
  warnings: readonly string[];
  interrupt: AbortSignal;
  progress: Progress;
  /** Of servers that others use, too; default: the benchmark has them to itself. */
  slots?: Slots;
  gpus: GpuSamples;
}

const UNLOADED_MS = 10_000;
const LOOK_MS = 50;
/** Times that a concurrent part is measured, when others take slots in the middle of it. */
const MOST_ATTEMPTS = 3;

/** Runs what is missing in the folder; ends early when it is interrupted. @throws Failure an agent is gone, or the folder cannot be written to */
export async function runConfiguration(
  settings: RunSettings,
  surroundings: Surroundings,
  folder: ResultFolder,
): Promise<void> {
  folder.make();
  const scenario = scenarioOf(settings.scenario, settings.chimera, settings.chimera2);
  const measuring = new Measuring(settings, scenario, surroundings);
  const context = measuring.context();
  const missing = folder.missing(settings.runs);
  let isWhole = false;
  try {
    await runMissing();
    isWhole = !surroundings.interrupt.aborted;
  } finally {
    folder.writeSummary(settings.runs, !isWhole, context);
  }

  async function runMissing(): Promise<void> {
    let warmUps = missing.length > 0 ? await measuring.warmUps() : [];
    for (const run of missing) {
      const measured = await measuring.run(run);
      const gpuSamples = surroundings.gpus.take();
      const servers = await measuring.servers();
      if (surroundings.interrupt.aborted) return;
      folder.writeRun(run, { measured: [...warmUps, ...measured], servers, gpuSamples }, context);
      warmUps = [];
    }
  }
}

/** What measurements of a configuration have in common. */
export function benchOf(
  settings: RunSettings,
  { runtime, corpus, interrupt, slots = OWN_SERVERS }: Surroundings,
): Bench {
  const calls = new Semaphore(settings.max_concurrent ?? Number.POSITIVE_INFINITY);
  return { runtime, workload: settings.workload, corpus, calls, slots, interrupt };
}

/** Names of the agents that work: two, or the one whose server answers. */
export function workingAgents({ missingAgent }: Pick<Surroundings, 'missingAgent'>): readonly string[] {
  return PAIR.filter((name) => name !== missingAgent);
}

/** How many servers there really are: 1 or 2. */
export function differentServers({ servers }: Surroundings): number {
  return new Set(servers.map(({ url }) => url)).size;
}

/** What the servers say of themselves now; of one that does not answer, what it said before. */
export async function serversNow(
  { servers: [first, second], interrupt }: Pick<Surroundings, 'servers' | 'interrupt'>,
  model: string,
): Promise<readonly [ServerFacts, ServerFacts]> {
  const look = async (facts: ServerFacts): Promise<ServerFacts> =>
    (await lookAtServer(facts.url, model, interrupt)) ?? facts;
  return Promise.all([look(first), look(second)]);
}

/** The agent at this place, counted from 0; places take turns at the two parts of a workload. */
export function measuredAgent(
  name: string,
  index: number,
  options: ChimeraOptions,
  { model, num_predict, seed, timeout_s }: RunSettings,
): MeasuredAgent {
  return {
    name,
    part: index % 2 === 0 ? 'collector' : 'insight',
    model,
    options: callOptionsOf(options, num_predict ?? undefined, seed ?? undefined),
    timeoutSeconds: timeout_s,
  };
}

class Measuring {
  readonly #settings: RunSettings;
  readonly #scenario: Scenario;
  readonly #surroundings: Surroundings;
  readonly #bench: Bench;
  readonly #agents: readonly MeasuredAgent[];

  constructor(settings: RunSettings, scenario: Scenario, surroundings: Surroundings) {
    this.#settings = settings;
    this.#scenario = scenario;
    this.#surroundings = surroundings;
    this.#bench = benchOf(settings, surroundings);
    this.#agents = scenario.agents.map(({ options }, index) =>
      measuredAgent(PAIR[index] ?? '', index, options, settings),
    );
  }

  context(): RunContext {
    const { fallback, warnings, runtime } = this.#surroundings;
    const agents = workingAgents(this.#surroundings);
    // One agent alone shares its server with nobody.
    const different = agents.length === 1 ? agents.length + 1 : differentServers(this.#surroundings);
    return {
      settings: this.#settings,
      scenario: this.#scenario,
      fallback,
      agents,
      warnings: [...warnings, ...this.#scenario.warnings, ...antiPatterns(this.#scenario, different)],
      identities: runtime.identities,
    };
  }

  /** Measured like everything else, and never counted. */
  async warmUps(): Promise<PlacedMeasurement[]> {
    const placed: PlacedMeasurement[] = [];
    for (let order = 0; order < this.#settings.warmup; order++) {
      const record = await this.#measure({ kind: 'warm_up', agents: workingAgents(this.#surroundings) }, 'warm-up');
      placed.push({ block: 0, order, record });
    }
    return placed;
  }

  /** Stops after an interrupted part. */
  async run(run: number): Promise<PlacedMeasurement[]> {
    const placed: PlacedMeasurement[] = [];
    for (const [order, step] of stepsOf(this.#settings.design, run, workingAgents(this.#surroundings)).entries()) {
      if (this.#surroundings.interrupt.aborted) break;
      placed.push({ block: run, order, record: await this.#measure(step, `run ${run}`) });
    }
    return placed;
  }

  /** As they are now, with the model loaded. */
  servers(): Promise<readonly [ServerFacts, ServerFacts]> {
    return serversNow(this.#surroundings, this.#settings.model);
  }

  async #measure(step: Step, what: string): Promise<MeasurementRecord> {
    if (this.#settings.unload_between) await this.#unload();
    const { progress } = this.#surroundings;
    progress.began(
      `${what}, ${step.kind.replace('_', '-')} ${step.kind === 'solo' ? step.agents.join('') : ''}`.trim(),
    );
    const agents = step.agents.flatMap((name) => this.#agents.filter((agent) => agent.name === name));
    const record = await this.#undividedly(step, agents);
    progress.ended(worksOfStep(step, this.#settings, differentServers(this.#surroundings)), record);
    return record;
  }

  /** A part in which agents at once had to wait for a slot is measured anew; one that is never spared is invalid. */
  async #undividedly({ kind }: Step, agents: readonly MeasuredAgent[]): Promise<MeasurementRecord> {
    for (let attempt = 1; ; attempt++) {
      const record = await measure(this.#bench, kind, agents, this.#settings.stagger_ms);
      const isWhole = kind !== 'concurrent' || !hasWaited(record);
      if (isWhole || this.#surroundings.interrupt.aborted) return record;
      if (attempt === MOST_ATTEMPTS) return withWaitsInvalid(record);
      this.#surroundings.progress.note('others took a slot in the middle of a concurrent part: it is measured anew');
    }
  }

  async #unload(): Promise<void> {
    const { servers, interrupt } = this.#surroundings;
    const ollamas = servers.filter(({ kind }) => kind === 'ollama').map(({ url }) => url);
    await Promise.all([...new Set(ollamas)].map((url) => unload(url, this.#settings.model, interrupt)));
  }
}

/** Has an Ollama forget its model, and waits until it has. */
async function unload(url: string, model: string, signal: AbortSignal): Promise<void> {
  const address = new ServerAddress({ name: 'unloaded', kind: 'ollama', url }, process.env);
  await ask(address, '/api/generate', signal, JSON.stringify({ model, keep_alive: 0 }));
  const deadline = performance.now() + UNLOADED_MS;
  while (performance.now() < deadline && !signal.aborted) {
    if ((await lookAtServer(url, model, signal))?.memoryBytes === undefined) return;
    await sleep(LOOK_MS);
  }
}
