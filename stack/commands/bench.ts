/** `bench`: the dual-agent benchmark. Each action has a file of its own in bench/ and a line here. */
import { nearestName } from '../../policy/nearest-name.ts';
import { usageFailure } from '../failure.ts';
import { flagOf, type GivenOptions } from '../options.ts';
import { BENCH_OPTIONS, type BenchOptions } from './bench/options.ts';
import { declareSubcommand } from './declare.ts';

type Action = (words: readonly string[], own: BenchOptions, given: GivenOptions) => Promise<number>;

/** Action → what it does with the words that follow it. Its code is loaded only then. Returns the exit code. */
const ACTIONS: Record<string, Action> = {
  run: async (words, own, given) =>
    isAttached(own)
      ? (await import('./bench/attached.ts')).runInStack(words, own, given)
      : (await import('./bench/run.ts')).runBenchmark(words, own),
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
  startOptions: ['data', 'token', 'config'],
  examples: [
    'npx tsx run.ts bench',
    'npx tsx run.ts bench --preset production',
    'npx tsx run.ts bench --model gemma3:latest --chimera-num-gpu 80 --chimera-num-ctx 512',
    'npx tsx run.ts bench sweep --matrix tr114 --runs 5 --only test011 --dry-run',
    'npx tsx run.ts bench scale --agents 1,2,4,8',
    'npx tsx run.ts bench --collector-backend one --insight-backend two',
    'npx tsx run.ts bench analyze results --compare earlier-results',
  ],
  run: async ({ words: [action = 'run', ...words], own, given }) => {
    const act = findAction(action);
    mustFit(action, own, given);
    return act(words, own, given);
  },
});

function isAttached({ collectorBackend, insightBackend }: BenchOptions): boolean {
  return collectorBackend !== undefined || insightBackend !== undefined;
}

/** Options that mean something to one action only: with another they would be passed over in silence. */
const OF_ONE: readonly [action: string, options: readonly (keyof BenchOptions)[]][] = [
  ['sweep', ['matrix', 'only', 'dryRun']],
  ['analyze', ['compare', 'json', 'output']],
];

function mustBeOf(action: string, own: BenchOptions): void {
  for (const [of, options] of OF_ONE) {
    const strange = options.find((name) => own[name] !== undefined && own[name] !== false);
    if (of !== action && strange !== undefined) {
      throw usageFailure(`bench ${action}: ${flagOf(strange)} is for bench ${of}.`);
    }
  }
}

/** What is for another action is refused; what is for a benchmark inside a stack is for `run` with backends alone. */
function mustFit(action: string, own: BenchOptions, given: GivenOptions): void {
  mustBeOf(action, own);
  if (isAttached(own) && action !== 'run') {
    throw usageFailure(`bench ${action}: --collector-backend and --insight-backend are for bench run.`);
  }
  const [of] = isAttached(own) ? [] : Object.keys(given);
  if (of === undefined) return;
  throw usageFailure(
    `bench: ${flagOf(of)} is for a benchmark inside a stack; add --collector-backend and --insight-backend.`,
  );
}

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
