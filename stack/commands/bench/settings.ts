/** From the options of the command line to the settings of a configuration: presets, prefixes, and defaults that depend on the design. */

import { resolve } from 'node:path';
import type { PresetName } from '../../../bench/choices.ts';
import type { RunSettings } from '../../../bench/run/settings.ts';
import { type ChimeraOptions, definedOnly } from '../../../bench/scenarios.ts';
import { defaultWarmUps } from '../../../bench/schedule/design.ts';
import type { BenchOptions } from './options.ts';

const DEFAULT_RUNS = 3;
const PRESET_RUNS = 5;
const DEFAULT_NUM_PREDICT = 512;
const DEFAULT_SEED = 42;

type Preset = Pick<RunSettings, 'scenario' | 'chimera' | 'chimera2'>;

/** Production: the guide's; peak and constrained: the report's tiers 1 and 3 (§7.1). */
const PRESETS: Record<PresetName, Preset> = {
  production: { scenario: 'chimera_homo', chimera: { num_gpu: 80, num_ctx: 2048, temperature: 1 }, chimera2: {} },
  peak: {
    scenario: 'chimera_hetero',
    chimera: { num_gpu: 120, num_ctx: 512, temperature: 0.8 },
    chimera2: { num_gpu: 140, num_ctx: 1024, temperature: 0.8 },
  },
  constrained: {
    scenario: 'baseline_vs_chimera',
    chimera: { num_gpu: 80, num_ctx: 1024, temperature: 0.8 },
    chimera2: {},
  },
};

/** The settings that were asked for. */
export function settingsOf(own: BenchOptions): RunSettings {
  const preset = own.preset === undefined ? undefined : PRESETS[own.preset];
  const isSound = own.design === 'sound';
  return {
    scenario: own.scenario ?? preset?.scenario ?? 'baseline_vs_chimera',
    model: own.model,
    runs: own.runs ?? (preset === undefined ? DEFAULT_RUNS : PRESET_RUNS),
    chimera: { ...preset?.chimera, ...optionsUnder('chimera', own) },
    chimera2: { ...preset?.chimera2, ...optionsUnder('chimera2', own) },
    workload: own.workload,
    corpus: own.corpus === undefined ? null : resolve(own.corpus),
    num_predict: unlessMinusOne(own.numPredict ?? (isSound ? DEFAULT_NUM_PREDICT : -1)),
    seed: unlessMinusOne(own.seed ?? (isSound ? DEFAULT_SEED : -1)),
    runtime: own.runtime,
    design: own.design,
    max_concurrent: own.maxConcurrent ?? null,
    stagger_ms: own.staggerMs,
    warmup: own.warmup ?? defaultWarmUps(own.design),
    unload_between: own.unloadBetween,
    timeout_s: own.timeout,
  };
}

function optionsUnder(prefix: 'chimera' | 'chimera2', own: BenchOptions): ChimeraOptions {
  return definedOnly({
    num_gpu: own[`${prefix}NumGpu`],
    num_ctx: own[`${prefix}NumCtx`],
    temperature: own[`${prefix}Temperature`],
    top_p: own[`${prefix}TopP`],
    top_k: own[`${prefix}TopK`],
    repeat_penalty: own[`${prefix}RepeatPenalty`],
  });
}

function unlessMinusOne(value: number): number | null {
  return value === -1 ? null : value;
}
