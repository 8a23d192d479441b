/** What a sweep will measure, how long that takes at most, and which of its configurations are physically one and the same. Pure. */
import type { ServerFacts } from '../model-servers/look.ts';
import type { RunSettings } from '../run/settings.ts';
import { type ChimeraOptions, scenarioOf } from '../scenarios.ts';
import type { Cell } from './cell.ts';

export interface PlannedCell {
  id: string;
  /** Relative to the folder of the sweep: `scenario/id`. */
  folder: string;
  settings: RunSettings;
}

/** The cells with their settings; options of the command line hold where a cell says nothing. */
export function planCells(cells: readonly Cell[], base: RunSettings): PlannedCell[] {
  return cells.map(({ id, settings }) => {
    const whole: RunSettings = {
      ...base,
      ...settings,
      chimera: { ...base.chimera, ...settings.chimera },
      chimera2: { ...base.chimera2, ...settings.chimera2 },
    };
    return { id, folder: `${whole.scenario}/${id}`, settings: whole };
  });
}

/** Groups of two configurations or more that the servers cannot tell apart, with the reason, for people. */
export function sameCells(cells: readonly PlannedCell[], facts: readonly ServerFacts[]): string[] {
  const groups = new Map<string, PlannedCell[]>();
  for (const cell of cells) {
    const key = physicalKey(cell, facts);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].flatMap((group) => {
    if (group.length < 2) return [];
    const ids = group.map(({ id }) => id).join(', ');
    return [
      `${ids}: the servers run these with the same settings, so that no difference between them is of the settings`,
    ];
  });
}

function physicalKey({ settings }: PlannedCell, facts: readonly ServerFacts[]): string {
  const { chimera, chimera2, scenario, runs: _, ...rest } = settings;
  const agents = scenarioOf(scenario, chimera, chimera2).agents.map(({ options }, index) =>
    physicalOptions(options, facts[index]),
  );
  return JSON.stringify([rest, agents]);
}

/** Tokens that Ollama gives a vision model, whatever is asked for (server/sched.go). */
const LEAST_VISION_CONTEXT = 2048;

/** As a server runs them: no more layers than the model has, no less context than it insists on; nothing that it takes at its start only. */
function physicalOptions(options: ChimeraOptions, facts: ServerFacts | undefined): object {
  const { num_gpu, num_ctx, ...sampling } = options;
  if (facts?.kind !== 'ollama') return sampling;
  // All layers and the output layer.
  const layers = num_gpu !== undefined && facts.layers !== undefined ? Math.min(num_gpu, facts.layers + 1) : num_gpu;
  const isRaised = num_ctx !== undefined && facts.isVision === true;
  const context = isRaised ? Math.max(num_ctx, LEAST_VISION_CONTEXT) : num_ctx;
  return { ...sampling, num_gpu: layers ?? null, num_ctx: context ?? null };
}
