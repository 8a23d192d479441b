/** The three scenarios of the dual-agent benchmark: which agent gets which options, and what they are called in the files. Pure. */
import type { ModelRequest } from '../agent/backend/backend.ts';
import type { ScenarioName } from './choices.ts';

/** Options of a model as the files and the command line name them; what is absent is left to the server. */
export interface ChimeraOptions {
  /** Layers on the GPU; −1: automatic. */
  num_gpu?: number | undefined;
  /** Tokens of context. */
  num_ctx?: number | undefined;
  temperature?: number | undefined;
  top_p?: number | undefined;
  top_k?: number | undefined;
  repeat_penalty?: number | undefined;
}

export interface ScenarioAgent {
  id: string;
  label: string;
  options: ChimeraOptions;
}

export interface Scenario {
  name: ScenarioName;
  /** Agent A, then agent B. */
  agents: readonly [ScenarioAgent, ScenarioAgent];
  warnings: string[];
}

/** `chimera`, `chimera2`: what was given under these prefixes. */
export function scenarioOf(name: ScenarioName, chimera: ChimeraOptions, chimera2: ChimeraOptions): Scenario {
  if (name === 'baseline_vs_chimera') {
    const collector = { id: 'collector', label: 'Baseline Collector', options: {} };
    const warnings = Object.keys(definedOnly(chimera)).length === 0 ? [NO_CHIMERA] : [];
    return { name, agents: [collector, { id: 'insight', label: 'Chimera Insight', options: chimera }], warnings };
  }
  const isHetero = name === 'chimera_hetero';
  const second = isHetero ? { ...chimera, ...definedOnly(chimera2) } : chimera;
  const isSame = JSON.stringify(definedOnly(second)) === JSON.stringify(definedOnly(chimera));
  return {
    name,
    agents: [
      { id: 'chimera_a', label: 'Chimera Agent A', options: chimera },
      { id: 'chimera_b', label: 'Chimera Agent B', options: second },
    ],
    warnings: isHetero && isSame ? [HOMOGENEOUS] : [],
  };
}

const NO_CHIMERA =
  "effectively baseline against baseline: no --chimera-… option is given, and both agents have the server's defaults";
const HOMOGENEOUS =
  'effectively homogeneous: both agents of chimera_hetero have the same options; give --chimera2-… options that differ';

/** Options as the agents' model calls have them. */
export function callOptionsOf(
  options: ChimeraOptions,
  numPredict: number | undefined,
  seed: number | undefined,
): ModelRequest['options'] {
  const { num_gpu, num_ctx, temperature, top_p, top_k, repeat_penalty } = options;
  return definedOnly({
    numGpu: num_gpu,
    context: num_ctx,
    temperature,
    topP: top_p,
    topK: top_k,
    repeatPenalty: repeat_penalty,
    maxTokens: numPredict,
    seed,
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

export function definedOnly<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}
