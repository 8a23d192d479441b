/** All that an analysis computes of a folder, but for its verdict. */
import type { FileProblem } from '../results/read.ts';
import type { Description } from '../statistics/describe.ts';
import type { Anova } from '../statistics/variance.ts';
import type { AloneFigures } from './alone.ts';
import type { CallCounts } from './call-counts.ts';
import type { Condition, GpuUse } from './conditions.ts';
import type { Baseline, Detector } from './detectors.ts';
import type { FallBack } from './fall-backs.ts';
import type { Mixture } from './mixture.ts';
import type { OverheadPart } from './overhead.ts';
import type { PromptCache } from './prompt-cache.ts';
import type { Ranking } from './ranking.ts';
import type { ConfigurationFigures, Row, ScenarioFigures } from './rows.ts';
import type { RunFigures, UnusableRun } from './run-figures.ts';
import type { ScalingFigures } from './scaling.ts';
import type { SoundFigures } from './sound.ts';
import type { Unsteady } from './steadiness.ts';
import type { Target } from './targets.ts';
import type { Tiers } from './tiers.ts';
import type { TimelineCall } from './timeline.ts';

/** TTFT (ms) and throughput (tokens/s) of the valid calls, or of agents where a folder has no calls. */
export interface AgentSpread {
  agent: 'A' | 'B';
  ttftMs: Description | undefined;
  throughput: Description | undefined;
}

export interface Figures {
  folder: string;
  method: { level: number; seed: number; resamples: number; permutations: number };
  /** All usable runs, as the original counts them; and those without an invalid call. */
  published: Row;
  valid: Row;
  /** `timed`: it has times all the same, and is in the figures as published. */
  invalidRuns: { name: string; run: number; file: string; why: string[]; timed: boolean }[];
  /** Of all runs, of all their parts. */
  calls: CallCounts;
  /** Where less than two servers, or less than two agents, were measured. */
  fallBacks: FallBack[];
  /** Files of runs in which no two agents were at once: in no row. */
  singleRuns: string[];
  unusable: Pick<UnusableRun, 'file' | 'why'>[];
  problems: FileProblem[];
  mixtures: Mixture[];
  warnings: string[];
  /** Of a benchmark inside a stack: runs while whose calls others were at work on the same server or GPU, and how many calls. */
  disturbed: { file: string; calls: number; of: number }[];
  scenarios: ScenarioFigures[];
  configurations: ConfigurationFigures[];
  ranking: Ranking;
  /** Efficiency over configurations; undefined when there is one only, or no second run. */
  anova: { published: Anova | undefined; valid: Anova | undefined };
  /** Largest distance of an efficiency from 100·mean(T)/max(T), percentage points. */
  balance: { largestDifference: number };
  agents: AgentSpread[];
  baseline: Baseline | undefined;
  detectors: Detector[];
  targets: Target[];
  rollbackTriggers: Target[];
  overhead: OverheadPart[];
  sound: SoundFigures | undefined;
  /** Each agent without another beside it. */
  alone: AloneFigures[];
  /** Undefined: the servers do not say. */
  promptCache: PromptCache | undefined;
  steadiness: Unsteady[];
  tiers: Tiers;
  scaling: ScalingFigures[];
  timeline: { file: string; calls: TimelineCall[] } | undefined;
  servers: Record<string, unknown>[];
  conditions: Condition[];
  gpus: GpuUse[];
  runs: RunFigures[];
}
