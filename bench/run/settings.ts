/** What one configuration is run with. Serialisable; it stands in every file, so that a run can be told from another one. */
import type { DesignName, RuntimeName, ScenarioName, WorkloadName } from '../choices.ts';
import type { ChimeraOptions } from '../scenarios.ts';

export interface RunSettings {
  scenario: ScenarioName;
  model: string;
  runs: number;
  /** What was given for agent A, or both, and for agent B. */
  chimera: ChimeraOptions;
  chimera2: ChimeraOptions;
  workload: WorkloadName;
  /** Folder to ingest; null: the default one. */
  corpus: string | null;
  /** Most tokens of an answer; null: until the model stops. */
  num_predict: number | null;
  /** null: the server's choice. */
  seed: number | null;
  runtime: RuntimeName;
  design: DesignName;
  /** Model calls at a time; null: any number. */
  max_concurrent: number | null;
  /** Milliseconds by which each agent begins after the one before it. */
  stagger_ms: number;
  /** Discarded warm-ups before the first run. */
  warmup: number;
  /** The model is unloaded before every measurement. */
  unload_between: boolean;
  /** Seconds after which a call is given up. */
  timeout_s: number;
}
