/** `bench`: the dual-agent benchmark. Each action has a file of its own in bench/ and a line here. */
import { nearestName } from '../../policy/nearest-name.ts';
import { usageFailure } from '../failure.ts';
import { BENCH_OPTIONS, type BenchOptions } from './bench/options.ts';
import { declareSubcommand } from './declare.ts';

/** Action → what it does with the words that follow it. Its code is loaded only then. Returns the exit code. */
const ACTIONS: Record<string, (words: readonly string[], own: BenchOptions) => Promise<number>> = {
  analyze: async (words, own) => (await import('./bench/analyze.ts')).analyzeResults(words, own),
};

export const benchCommand = declareSubcommand({
  name: 'bench',
  help: 'the dual-agent benchmark: `bench analyze FOLDER` tells what its results show',
  argument: {
    placeholder: 'ACTION',
    help: 'analyze FOLDER: what can be concluded from results, and what cannot',
    isRepeatable: true,
  },
  options: BENCH_OPTIONS,
  startOptions: [],
  examples: [
    'npx tsx run.ts bench analyze results',
    'npx tsx run.ts bench analyze results --compare earlier-results',
    'npx tsx run.ts bench analyze results --json',
  ],
  run: async ({ words: [action = '', ...words], own }) => findAction(action)(words, own),
});

function findAction(action: string): (typeof ACTIONS)[string] {
  const found = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (found !== undefined) return found;
  const nearest = nearestName(action, Object.keys(ACTIONS));
  const hint =
    nearest === undefined
      ? `Actions are ${Object.keys(ACTIONS).join(', ')}; see bench --help.`
      : `Did you mean ${nearest}?`;
  throw usageFailure(
    action === ''
      ? 'bench: say what to do, as in: bench analyze FOLDER. See bench --help.'
      : `bench: there is no action ${action}. ${hint}`,
  );
}
