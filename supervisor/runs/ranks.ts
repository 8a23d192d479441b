/** Who goes first when a model server is busy: who is waited for comes before how important an agent is. */

const PRIORITIES = { high: 0, normal: 1, low: 2 };
const PRIORITY_COUNT = Object.keys(PRIORITIES).length;
/** Nobody interactive waits for a swarm, or for what agents write to each other, and nobody at all for a benchmark. */
const ORIGINS = { interactive: 0, agent: 1, swarm: 1, benchmark: 2 };

/** The lower, the earlier. */
export function rankOf(origin: keyof typeof ORIGINS, priority: keyof typeof PRIORITIES = 'normal'): number {
  return ORIGINS[origin] * PRIORITY_COUNT + PRIORITIES[priority];
}

export const BENCHMARK_RANK = rankOf('benchmark');
