/** From the options of the command line to the settings of a configuration. */
import { resolve } from 'node:path';
import { settingsFrom } from '../../../bench/run/given-settings.ts';
import type { RunSettings } from '../../../bench/run/settings.ts';
import { type ChimeraOptions, definedOnly } from '../../../bench/scenarios.ts';
import type { BenchOptions } from './options.ts';

/** The settings that were asked for. */
export function settingsOf(own: BenchOptions): RunSettings {
  return settingsFrom({
    preset: own.preset,
    scenario: own.scenario,
    model: own.model ?? DEFAULT_MODEL,
    runs: own.runs,
    chimera: optionsUnder('chimera', own),
    chimera2: optionsUnder('chimera2', own),
    workload: own.workload,
    corpus: own.corpus === undefined ? null : resolve(own.corpus),
    num_predict: own.numPredict,
    seed: own.seed,
    runtime: own.runtime,
    design: own.design,
    max_concurrent: own.maxConcurrent ?? null,
    stagger_ms: own.staggerMs,
    warmup: own.warmup,
    unload_between: own.unloadBetween,
    timeout_s: own.timeout,
  });
}

/** The original's. */
const DEFAULT_MODEL = 'gemma3:latest';

export function optionsUnder(prefix: 'chimera' | 'chimera2', own: BenchOptions): ChimeraOptions {
  return definedOnly({
    num_gpu: own[`${prefix}NumGpu`],
    num_ctx: own[`${prefix}NumCtx`],
    temperature: own[`${prefix}Temperature`],
    top_p: own[`${prefix}TopP`],
    top_k: own[`${prefix}TopK`],
    repeat_penalty: own[`${prefix}RepeatPenalty`],
  });
}
