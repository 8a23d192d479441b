/** What the documents of the original warn of, with their sources; the analysis says what of it the figures bear out. Pure. */
import type { Scenario } from '../scenarios.ts';

const REPORT = 'Technical Report 114 v2 §7.3';
const GUIDE = 'multi-agent architecture guide, pattern 2';
const MUCH_GPU = 120;
const LITTLE_GPU = 60;
const LOW_TEMPERATURE = 0.8;

/** Warnings for a scenario; `servers`: different base addresses. */
export function antiPatterns({ name, agents: [first, second] }: Scenario, servers: number): string[] {
  const found: [boolean, string][] = [
    [servers === 1, `both agents ask one server: "not recommended" (${GUIDE}; ${REPORT}, anti-pattern 3)`],
    [
      name === 'baseline_vs_chimera' && (second.options.num_gpu ?? 0) >= MUCH_GPU,
      `num_gpu ${second.options.num_gpu} beside a baseline: use 80 (${REPORT}, anti-pattern 1)`,
    ],
    [
      name === 'chimera_homo' && (first.options.temperature ?? LOW_TEMPERATURE) < LOW_TEMPERATURE,
      `temperature ${first.options.temperature} for both agents: use 0.8 or more (${REPORT}, anti-pattern 2)`,
    ],
    [
      first.options.num_gpu === second.options.num_gpu && first.options.num_gpu === LITTLE_GPU,
      `num_gpu ${LITTLE_GPU} for both agents: use 60 and 80, or more (${REPORT}, anti-pattern 4)`,
    ],
  ];
  return found.flatMap(([applies, text]) => (applies ? [text] : []));
}
