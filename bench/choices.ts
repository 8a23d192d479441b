/** The names that can be chosen from, for the command line, the settings and the files alike. It imports nothing: every command reads it. */

export const SCENARIOS = ['baseline_vs_chimera', 'chimera_hetero', 'chimera_homo'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** A process an agent, a thread each, one event loop, that with a mutex; each also with reads cut to 1,024 bytes. */
export const RUNTIMES = [
  'process',
  'worker',
  'inline',
  'serial',
  'process-1kb',
  'worker-1kb',
  'inline-1kb',
  'serial-1kb',
] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

export const DESIGNS = ['sound', 'legacy'] as const;
export type DesignName = (typeof DESIGNS)[number];

export const WORKLOADS = ['v2', 'v1'] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

/** What is done when one of two servers is down: both agents ask the other, only its own agent works, or the one for which there is room. */
export const FALLBACKS = ['auto', 'server', 'agent'] as const;
export type FallbackName = (typeof FALLBACKS)[number];

export const PRESETS = ['production', 'peak', 'constrained'] as const;
export type PresetName = (typeof PRESETS)[number];
