/** The folder of one configuration: what is in it already, and what is written into it. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, messageOf } from '../../stack/failure.ts';
import type { ServerFacts } from '../model-servers/look.ts';
import { ResultsError } from '../results/find-files.ts';
import type { MetricsFile } from '../results/metrics-file.ts';
import { readResults } from '../results/read.ts';
import type { SummaryFile } from '../results/summary-file.ts';
import { isWritten, makeFolder, runFolder, writeRun, writeSummary, writing } from '../results/write.ts';
import type { AgentIdentity } from '../runtimes/runtime.ts';
import type { Scenario } from '../scenarios.ts';
import { PAIR } from '../schedule/agent-work.ts';
import { type AgentDescription, agentFile, missingAgent } from './agent-file.ts';
import { measurementField, type PlacedMeasurement, scheduleField } from './recording-fields.ts';
import { aggregateOf, runSummary } from './run-summary.ts';
import { otherModel, physicalWarnings, serverReports } from './server-report.ts';
import type { RunSettings } from './settings.ts';
import { agentReport, combinedReport, summaryText } from './texts.ts';

/** What the runs of a configuration have in common. */
export interface RunContext {
  settings: RunSettings;
  scenario: Scenario;
  fallback: string | undefined;
  /** Names of the agents that work: two, or one of them. */
  agents: readonly string[];
  warnings: readonly string[];
  identities: ReadonlyMap<string, AgentIdentity>;
}

/** What a run saw. `servers`: as they were after it, of agent A and agent B. */
export interface SeenInRun {
  measured: readonly PlacedMeasurement[];
  servers: readonly [ServerFacts, ServerFacts];
  gpuSamples: MetricsFile['gpu_samples'];
}

export class ResultFolder {
  readonly path: string;
  /** By run number. */
  readonly #runs = new Map<number, MetricsFile>();
  /** Paths of runs that were there, and could not be read: they are measured anew. */
  #spoilt: readonly string[] = [];
  #agents: readonly AgentDescription[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * A folder to write into. With `resume` what it holds is kept.
   * @throws ResultsError it is none, holds results and they are not to be kept, or they are of other settings
   */
  static open(path: string, settings: RunSettings, resume: boolean): ResultFolder {
    const folder = new ResultFolder(path);
    if (!holdsRuns(path)) return folder;
    if (!resume) throw new ResultsError(`${path} holds results already: go on with --resume, or name another folder`);
    const { runs, problems } = readResults(path);
    for (const { content } of runs) folder.#keep(content, settings);
    folder.#spoilt = problems.map((problem) => join(path, dirname(problem.path)));
    return folder;
  }

  /** The newest run is as if it had not been, and is written over, if it is as `isToGo` says. */
  forgetLast(isToGo: (run: MetricsFile) => boolean): void {
    const last = this.runs.at(-1);
    if (last?.run_number === undefined || !isToGo(last)) return;
    this.#runs.delete(last.run_number);
    this.#spoilt = [...this.#spoilt, runFolder(this.path, last.run_number)];
  }

  /** Numbers of the runs that are not there yet. */
  missing(runs: number): number[] {
    return Array.from({ length: runs }, (_, index) => index + 1).filter((run) => !this.#runs.has(run));
  }

  /** Every run that is there. */
  get runs(): readonly MetricsFile[] {
    return [...this.#runs].sort(([one], [other]) => one - other).map(([, metrics]) => metrics);
  }

  /** @throws Failure it cannot be written to */
  make(): void {
    makeFolder(this.path);
  }

  /** @throws Failure it cannot be written, or another benchmark wrote the same run meanwhile */
  writeRun(run: number, seen: SeenInRun, context: RunContext): void {
    const place = runFolder(this.path, run);
    if (isWritten(place) && !this.#spoilt.includes(place)) {
      throw new Failure(`Another benchmark wrote run ${run} into ${this.path} meanwhile: name a folder for each.`);
    }
    this.#agents = describeAgents(context, seen.servers);
    const metrics = metricsOf(run, seen, context, this.#agents);
    this.#runs.set(run, metrics);
    this.#write(run, metrics);
  }

  /** What it sums up is there afterwards, also what somebody removed meanwhile. @throws Failure */
  writeSummary(planned: number, interrupted: boolean, { settings, warnings, fallback, agents }: RunContext): void {
    const [first, second] = this.#agents;
    const runs = this.runs.map(({ summary }) => summary);
    const all = [...new Set([...warnings, ...this.runs.flatMap((run) => run.warnings)])];
    const summary: SummaryFile = {
      scenario: settings.scenario,
      runs,
      aggregate: aggregateOf(runs),
      agent_a: first ?? this.runs.at(-1)?.collector.config,
      agent_b: second ?? this.runs.at(-1)?.insight.config,
      generated_at: new Date().toISOString(),
      runs_planned: planned,
      interrupted,
      ...(fallback !== undefined && { fallback, working_agents: [...agents] }),
      settings,
      warnings: all,
    };
    const removed = [...this.#runs].filter(([run]) => !isWritten(runFolder(this.path, run)));
    for (const [run, metrics] of removed) this.#write(run, metrics);
    writing(this.path, () => writeSummary(this.path, summary, summaryText(summary, this.runs)));
  }

  #write(run: number, metrics: MetricsFile): void {
    const files = {
      metrics,
      collectorReport: agentReport(metrics.collector),
      insightReport: agentReport(metrics.insight),
      combinedReport: combinedReport(metrics),
    };
    writing(this.path, () => writeRun(this.path, run, files));
  }

  #keep(metrics: MetricsFile, settings: RunSettings): void {
    const { runs: _, ...now } = settings;
    const { runs: __, ...then } = (metrics.settings ?? {}) as Partial<RunSettings>;
    const other = Object.entries(now).find(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(then[name as keyof typeof then]),
    );
    if (other !== undefined) {
      const [name, value] = other;
      throw new ResultsError(
        `${this.path} was measured with other settings: ${name} was ${JSON.stringify(then[name as keyof typeof then])}, now it is ${JSON.stringify(value)}`,
      );
    }
    if (metrics.run_number !== undefined) this.#runs.set(metrics.run_number, metrics);
  }
}

/** A folder of a run without its figures is none: a benchmark was killed while it wrote it, or the disk had no room. */
function holdsRuns(path: string): boolean {
  return namesIn(path).some((name) => /^run_\d+$/.test(name) && isWritten(join(path, name)));
}

/** @throws ResultsError */
function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new ResultsError(`${path} cannot be used: ${messageOf(error)}; name another folder`);
  }
}

function describeAgents({ scenario, settings }: RunContext, servers: readonly ServerFacts[]): AgentDescription[] {
  return scenario.agents.map((agent, index) => ({
    ...agent,
    model: settings.model,
    baseUrl: servers[index]?.url ?? '',
  }));
}

function metricsOf(
  run: number,
  { measured, servers, gpuSamples }: SeenInRun,
  context: RunContext,
  agents: readonly AgentDescription[],
): MetricsFile {
  const { settings, scenario, identities } = context;
  const concurrent = measured.find(({ record }) => record.kind === 'concurrent')?.record;
  // Of a single agent there is no part with two: what it did alone is its part of the file, and no wall time of two is claimed.
  const shown =
    context.agents.length === 1 ? measured.find(({ record }) => record.kind === 'solo')?.record : concurrent;
  const [first, second] = PAIR.map((name, index) => {
    const record = shown?.agents.find(({ agent }) => agent === name);
    const description = agents[index];
    if (description === undefined) return {};
    return record === undefined ? { config: missingAgent(description) } : agentFile(description, record);
  });
  const isValid = concurrent?.agents.every(({ invalid }) => invalid === undefined) ?? false;
  const wallSeconds = concurrent && isValid ? (concurrent.endedMs - concurrent.releasedMs) / 1000 : undefined;
  const [collector = {}, insight = {}] = [first, second];
  const physical = scenario.agents.flatMap(({ label, options }, index) => {
    const facts = servers[index];
    return facts === undefined || !context.agents.includes(PAIR[index] ?? '')
      ? []
      : [...otherModel(label, settings.model, facts), ...physicalWarnings(label, options, facts)];
  });
  return {
    run_number: run,
    scenario: settings.scenario,
    collector,
    insight,
    summary: runSummary(run, settings.scenario, collector, insight, wallSeconds),
    design: settings.design,
    runtime: settings.runtime,
    workload: settings.workload,
    seed: settings.seed ?? undefined,
    num_predict: settings.num_predict ?? undefined,
    fallback: context.fallback,
    ...(context.fallback !== undefined && { working_agents: [...context.agents] }),
    settings: { ...settings },
    measurements: measured.map((one) => measurementField(one, identities)),
    schedule: measured.flatMap(scheduleField),
    servers: serverReports(servers, context.agents),
    gpu_samples: [...gpuSamples],
    warnings: [...context.warnings, ...physical],
  };
}
