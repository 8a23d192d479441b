/** The benchmarks: how far each is, and what came of it. */
import type { BenchmarkSummary, BenchmarkView } from '../../supervisor/service.ts';
import { type BenchmarkPart, describeBenchmark, describeBenchmarks, tellBenchmark } from './benchmark-words.ts';
import { type CardWords, part } from './card-list.ts';

export const BENCHMARKS: CardWords<BenchmarkSummary, BenchmarkView> = {
  heading: describeBenchmarks,
  id: ({ benchmark }) => benchmark,
  line: describeBenchmark,
  state: ({ state }) => state,
  contents: (view) => tellBenchmark(view).map(partOf),
};

function partOf({ head, text, failed }: BenchmarkPart): HTMLElement {
  const made = part(head, text);
  made.dataset.failed = String(failed === true);
  return made;
}
