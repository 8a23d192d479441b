/** What each agent did without another beside it. */
import type { Analysis } from '../../analysis/analysis.ts';
import { decimals } from '../../analysis/words.ts';
import { type Block, heading, table } from '../document.ts';

const HEAD = ['configuration', 'agent', 'parts', 'invalid', 'T s, mean', 'sd', 'TTFT ms P50', 'P95', 'tokens/s, mean'];

export function aloneSections({ alone }: Analysis): Block[] {
  if (alone.length === 0) return [];
  const rows = alone.map(({ name, agent, parts, invalidParts, executionS, ttftMs, throughput }) => [
    ...[name, agent.toUpperCase(), String(parts), String(invalidParts)],
    ...[decimals(executionS?.mean, 3), decimals(executionS?.sd, 3)],
    ...[decimals(ttftMs?.median, 1), decimals(ttftMs?.p95, 1), decimals(throughput?.mean, 2)],
  ]);
  return [heading('Each agent alone'), table(HEAD, rows, 'alone')];
}
