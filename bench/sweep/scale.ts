/** The same work by 1, 2, 4 … agents at once: measured in blocks, forwards and backwards in turn, and written after each. */

import type { ScalingFile } from '../results/scaling-file.ts';
import { makeFolder, writeScaling, writing } from '../results/write.ts';
import { benchOf, differentServers, measuredAgent, type Surroundings, serversNow } from '../run/configuration.ts';
import { measurementField, type PlacedMeasurement, scheduleField } from '../run/recording-fields.ts';
import { serverReports } from '../run/server-report.ts';
import type { RunSettings } from '../run/settings.ts';
import { measure } from '../schedule/measure.ts';
import { worksOfStep } from '../schedule/works.ts';

const FIRST_LETTER = 'a'.codePointAt(0) ?? 0;
const LETTERS = 26;

/** `a` … `z`, then `a1` … */
export function agentNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const letter = String.fromCodePoint(FIRST_LETTER + (index % LETTERS));
    return index < LETTERS ? letter : `${letter}${Math.floor(index / LETTERS)}`;
  });
}

/** Measures these numbers of agents, `settings.runs` times each; ends early when it is interrupted. Returns what was written. */
export async function runScale(
  settings: RunSettings,
  surroundings: Surroundings,
  counts: readonly number[],
  folder: string,
): Promise<ScalingFile> {
  makeFolder(folder);
  const names = agentNames(Math.max(...counts));
  const agents = names.map((name, index) => measuredAgent(name, index, settings.chimera, settings));
  const bench = benchOf(settings, surroundings);
  const placed: PlacedMeasurement[] = [];
  const gpuSamples: ScalingFile['gpu_samples'] = [];
  const { interrupt, progress, gpus } = surroundings;
  const servers = differentServers(surroundings);
  const works = counts.reduce((sum, count) => sum + Math.ceil(count / servers), 0);
  progress.expect(settings.runs * works + settings.warmup * Math.ceil(2 / servers));
  const step = async (block: number, order: number, count: number): Promise<void> => {
    const kind = block === 0 ? 'warm_up' : 'concurrent';
    progress.began(block === 0 ? 'warm-up' : `run ${block}, ${count} ${count === 1 ? 'agent' : 'agents'}`);
    const record = await measure(bench, kind, agents.slice(0, count), settings.stagger_ms);
    progress.ended(worksOfStep({ kind, agents: names.slice(0, count) }, settings, servers), record);
    if (!interrupt.aborted) placed.push({ block, order, record });
  };
  const now = async () => ({ ...surroundings, servers: await serversNow(surroundings, settings.model) });
  for (let warmUp = 0; warmUp < settings.warmup; warmUp++) await step(0, warmUp, Math.min(2, names.length));
  for (let block = 1; block <= settings.runs && !interrupt.aborted; block++) {
    const order = block % 2 === 1 ? counts : counts.toReversed();
    for (const [place, count] of order.entries()) {
      if (!interrupt.aborted) await step(block, place, count);
    }
    gpuSamples.push(...gpus.take());
    const soFar = scalingFile(settings, await now(), placed, names, gpuSamples);
    writing(folder, () => writeScaling(folder, soFar));
  }
  const file = scalingFile(settings, await now(), placed, names, gpuSamples);
  writing(folder, () => writeScaling(folder, file));
  return file;
}

function scalingFile(
  settings: RunSettings,
  { runtime, servers, warnings, fallback, interrupt }: Surroundings,
  placed: readonly PlacedMeasurement[],
  names: readonly string[],
  gpuSamples: ScalingFile['gpu_samples'],
): ScalingFile {
  return {
    scaling: true,
    model: settings.model,
    generated_at: new Date().toISOString(),
    interrupted: interrupt.aborted,
    design: settings.design,
    runtime: settings.runtime,
    workload: settings.workload,
    seed: settings.seed ?? undefined,
    num_predict: settings.num_predict ?? undefined,
    fallback,
    settings: { ...settings },
    measurements: placed.map((one) => measurementField(one, runtime.identities)),
    schedule: placed.flatMap(scheduleField),
    servers: serverReports(servers, names),
    gpu_samples: gpuSamples,
    warnings: [...warnings],
  };
}
