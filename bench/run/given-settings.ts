/** From what was asked for, by whatever way, to the settings of a configuration: presets, and defaults that depend on the design. Pure. */
import type { PresetName } from '../choices.ts';
import { type ChimeraOptions, definedOnly } from '../scenarios.ts';
import { defaultWarmUps } from '../schedule/design.ts';
import type { RunSettings } from './settings.ts';

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

type Defaulted = 'scenario' | 'runs' | 'chimera' | 'chimera2' | 'num_predict' | 'seed' | 'warmup';
type Maybe<T> = { [K in keyof T]?: T[K] | undefined };

/** `num_predict`, `seed`: −1 is any number, and the server's choice. What is given goes before the preset. */
export interface GivenSettings extends Omit<RunSettings, Defaulted>, Maybe<Pick<RunSettings, Defaulted>> {
  preset: PresetName | undefined;
}

/** How many runs these settings ask for. */
export function runsOf({ preset, runs }: Pick<GivenSettings, 'preset' | 'runs'>): number {
  return runs ?? (preset === undefined ? DEFAULT_RUNS : PRESET_RUNS);
}

export function settingsFrom({ preset: name, ...given }: GivenSettings): RunSettings {
  const preset = name === undefined ? undefined : PRESETS[name];
  const isSound = given.design === 'sound';
  return {
    ...given,
    scenario: given.scenario ?? preset?.scenario ?? 'baseline_vs_chimera',
    runs: runsOf({ preset: name, runs: given.runs }),
    chimera: merged(preset?.chimera, given.chimera),
    chimera2: merged(preset?.chimera2, given.chimera2),
    num_predict: unlessMinusOne(given.num_predict ?? (isSound ? DEFAULT_NUM_PREDICT : -1)),
    seed: unlessMinusOne(given.seed ?? (isSound ? DEFAULT_SEED : -1)),
    warmup: given.warmup ?? defaultWarmUps(given.design),
  };
}

function merged(preset: ChimeraOptions = {}, given: ChimeraOptions = {}): ChimeraOptions {
  return { ...preset, ...definedOnly(given) };
}

function unlessMinusOne(value: number): number | null {
  return value === -1 ? null : value;
}
