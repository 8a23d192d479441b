/** `bench`: the dual-agent benchmark. Each action has a file of its own in bench/ and a line here. */
import { nearestName } from '../../policy/nearest-name.ts';
import { usageFailure } from '../failure.ts';
import { BENCH_OPTIONS, type BenchOptions } from './bench/options.ts';
import { declareSubcommand } from './declare.ts';

/** Action → what it does with the words that follow it. Its code is loaded only then. Returns the exit code. */
const ACTIONS: Record<string, (words: readonly string[], own: BenchOptions) => Promise<number>> = {
  run: async (words, own) => (await import('./bench/run.ts')).runBenchmark(words, own),
  sweep: async (words, own) => (await import('./bench/sweep.ts')).runSweep(words, own),
  scale: async (words, own) => (await import('./bench/scale.ts')).runScaling(words, own),
  analyze: async (words, own) => (await import('./bench/analyze.ts')).analyzeResults(words, own),
};

export const benchCommand = declareSubcommand({
  name: 'bench',
  help: 'the dual-agent benchmark: two agents at once, and each alone, on two model servers',
  argument: {
    placeholder: 'ACTION',
    help: 'run (also without a word), sweep: many configurations, scale: more and more agents, analyze FOLDER: what results show',
    isRepeatable: true,
  },
  options: BENCH_OPTIONS,
  startOptions: [],
  examples: [
    'npx tsx run.ts bench',
    'npx tsx run.ts bench --preset production',
    'npx tsx run.ts bench --model gemma3:latest --chimera-num-gpu 80 --chimera-num-ctx 512',
    'npx tsx run.ts bench sweep --matrix tr114 --runs 5 --only test011 --dry-run',
    'npx tsx run.ts bench scale --agents 1,2,4,8',
    'npx tsx run.ts bench analyze results --compare earlier-results',
  ],
  run: async ({ words: [action = 'run', ...words], own }) => findAction(action)(words, own),
});

function findAction(action: string): (typeof ACTIONS)[string] {
  const found = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (found !== undefined) return found;
  const nearest = nearestName(action, Object.keys(ACTIONS));
  const hint =
    nearest === undefined
      ? `Actions are ${Object.keys(ACTIONS).join(', ')}; see bench --help.`
      : `Did you mean ${nearest}?`;
  throw usageFailure(`bench: there is no action ${action}. ${hint}`);
}
