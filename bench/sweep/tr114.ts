/** The published matrix of Technical Report 114 v2: 27 configurations under their published names; the planned and missing ones are left out. */
import type { ScenarioName } from '../choices.ts';
import type { ChimeraOptions } from '../scenarios.ts';
import type { Cell } from './cell.ts';

const TEMPERATURE = 0.8;

type Numbers = readonly [gpu: number, context: number, temperature?: number];

/** Options of B, or of both agents. */
const ALIKE: Record<'baseline_vs_chimera' | 'chimera_homo', Record<string, Numbers>> = {
  baseline_vs_chimera: {
    ...{ '001': [60, 512], '002': [60, 1024], '003': [80, 512], '004': [80, 1024] },
    ...{ '005': [120, 512], '006': [120, 1024], '202': [80, 512] },
  },
  chimera_homo: {
    ...{ '013': [60, 512], '014': [60, 1024], '015': [80, 512], '016': [80, 1024], '017': [120, 512] },
    ...{ '018': [120, 1024], '100': [80, 512, 0.6], '103': [80, 1024, 0.6], '104': [80, 1024] },
    ...{ '106': [80, 2048, 0.6], '107': [80, 2048], '108': [80, 2048, 1], '200': [80, 512] },
  },
};

/** Options of A, then of B. */
const HETERO: Record<string, readonly [Numbers, Numbers]> = {
  '007': [
    [60, 512],
    [80, 1024],
  ],
  '008': [
    [60, 1024],
    [80, 2048],
  ],
  '009': [
    [80, 512],
    [100, 1024],
  ],
  '010': [
    [80, 1024],
    [100, 2048],
  ],
  '011': [
    [120, 512],
    [140, 1024],
  ],
  '012': [
    [120, 1024],
    [140, 2048],
  ],
  '201': [
    [80, 512],
    [80, 1024],
  ],
};

/** In the order of the names within each scenario. */
export function tr114Cells(): Cell[] {
  const alike = Object.entries(ALIKE).flatMap(([scenario, cells]) =>
    Object.entries(cells).map(([id, numbers]) => cell(id, scenario as ScenarioName, optionsOf(numbers), {})),
  );
  const hetero = Object.entries(HETERO).map(([id, [a, b]]) => cell(id, 'chimera_hetero', optionsOf(a), optionsOf(b)));
  const order: ScenarioName[] = ['baseline_vs_chimera', 'chimera_hetero', 'chimera_homo'];
  const all = [...alike, ...hetero];
  return order.flatMap((scenario) =>
    all.filter((one) => one.settings.scenario === scenario).sort((one, other) => (one.id < other.id ? -1 : 1)),
  );
}

function cell(number: string, scenario: ScenarioName, chimera: ChimeraOptions, chimera2: ChimeraOptions): Cell {
  return { id: `test${number}`, settings: { scenario, chimera, chimera2 } };
}

function optionsOf([num_gpu, num_ctx, temperature = TEMPERATURE]: Numbers): ChimeraOptions {
  return { num_gpu, num_ctx, temperature };
}
