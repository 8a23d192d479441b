/** The options of `bench`, of all its actions, declared once. Those of the original keep their names and meanings. */
import { DESIGNS, FALLBACKS, PRESETS, RUNTIMES, SCENARIOS, WORKLOADS } from '../../../bench/choices.ts';
import { flag, nameList, number, type OptionKind, oneOf, text, textLike, wholeNumber } from '../../option-kinds.ts';
import { type OwnValues, optional, withDefault } from '../declare.ts';

const URL_FORM = /^(https?|ollama):\/\/\S+$/;
const URL_HELP = 'an address like http://127.0.0.1:11434';
const BACKEND_FORM = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const BACKEND_HELP = 'the name of a backend of the stack';
const LARGEST_COUNT = 1_000_000;

/** The same options for each of the two prefixes. */
const MODEL_OPTIONS = {
  NumGpu: { kind: wholeNumber('LAYERS', -1, LARGEST_COUNT), help: 'layers on the GPU; -1: automatic' },
  NumCtx: { kind: wholeNumber('TOKENS', 16, 10_000_000), help: 'tokens of context' },
  Temperature: { kind: number('NUMBER', 0, 100), help: 'temperature' },
  TopP: { kind: number('NUMBER', 0, 1), help: 'top-p' },
  TopK: { kind: wholeNumber('NUMBER', 0, LARGEST_COUNT), help: 'top-k' },
  RepeatPenalty: { kind: number('NUMBER', 0, 100), help: 'repeat penalty' },
} as const;

type ModelOption = keyof typeof MODEL_OPTIONS;
type Prefixed<P extends string> = {
  [K in `${P}${ModelOption}`]: { kind: OptionKind<number>; byDefault: undefined; help: string };
};

function prefixed<const P extends string>(prefix: P, whose: string): Prefixed<P> {
  const entries = Object.entries(MODEL_OPTIONS).map(([name, { kind, help }]) => [
    `${prefix}${name}`,
    optional(kind, `${help}, of ${whose}`),
  ]);
  return Object.fromEntries(entries) as Prefixed<P>;
}

/** `chimera-homo` and `chimera_homo` are one scenario. */
const scenario = oneOf(...SCENARIOS);
const SCENARIO = {
  ...scenario,
  read: (value: unknown) => scenario.read(typeof value === 'string' ? value.replaceAll('-', '_') : value),
};

export const BENCH_OPTIONS = {
  scenario: optional(
    SCENARIO,
    'which agent gets which options (default: baseline_vs_chimera); hyphens will do as well',
  ),
  preset: optional(
    oneOf(...PRESETS),
    "the documents' configurations: scenario, options and five runs; what is given beside it goes first",
  ),
  model: optional(
    text('NAME'),
    'model that both agents ask for (default: gemma3:latest; with backends of a stack: what the first one serves)',
  ),
  runs: optional(wholeNumber('NUMBER', 1, 10_000), 'runs of a configuration (default: 3)'),
  outputDir: optional(text('FOLDER'), 'where the files go (default: benchmarks/<scenario>_<date>)'),
  collectorOllamaUrl: optional(
    textLike('URL', URL_FORM, URL_HELP),
    'model server of agent A, Ollama or llama-server (default: http://127.0.0.1:11434)',
  ),
  insightOllamaUrl: optional(
    textLike('URL', URL_FORM, URL_HELP),
    'model server of agent B (default: http://127.0.0.1:11435)',
  ),
  collectorBackend: optional(
    textLike('NAME', BACKEND_FORM, BACKEND_HELP),
    'measure inside the running stack: backend of agent A, as its configuration names it; chats go first',
  ),
  insightBackend: optional(textLike('NAME', BACKEND_FORM, BACKEND_HELP), 'the same of agent B'),
  ...prefixed('chimera', 'the chimera agents'),
  ...prefixed('chimera2', 'agent B of chimera_hetero'),
  workload: withDefault(oneOf(...WORKLOADS), 'v2', 'v2: ingest, analysis and report by both; v1: one call, unbalanced'),
  corpus: optional(text('FOLDER'), 'folder of csv, json and md files to ingest (default: a small one that is made)'),
  numPredict: optional(
    wholeNumber('TOKENS', -1, LARGEST_COUNT),
    'most tokens of an answer, -1: any number (default: 512; any number with --design legacy)',
  ),
  seed: optional(
    wholeNumber('NUMBER', -1, 2 ** 31 - 1),
    "seed of every call, -1: the server's choice (default: 42; the server's with --design legacy)",
  ),
  runtime: withDefault(
    oneOf(...RUNTIMES),
    'process',
    'where agents run: a process each, a thread each, one event loop, that with a mutex; -1kb: small reads',
  ),
  design: withDefault(
    oneOf(...DESIGNS),
    'sound',
    'sound: warm-up, each alone, one after the other, both at once, in ABBA blocks; legacy: both at once only',
  ),
  maxConcurrent: optional(wholeNumber('NUMBER', 1, 10_000), 'model calls at a time at most (default: any number)'),
  staggerMs: withDefault(
    number('MILLISECONDS', 0, 3_600_000),
    0,
    'each agent of a concurrent part begins so much after the one before it',
  ),
  warmup: optional(
    wholeNumber('NUMBER', 0, 100),
    'warm-ups that are not counted (default: 1; none with --design legacy)',
  ),
  unloadBetween: withDefault(flag(), false, 'unload the model before every measurement (Ollama)'),
  timeout: withDefault(number('SECONDS', 0.1, 86_400), 300, 'a call that takes longer is given up and invalid'),
  fallback: withDefault(
    oneOf(...FALLBACKS),
    'auto',
    'one server is down: server: both agents ask the other; agent: only its agent works; auto: the latter when it has one slot',
  ),
  strict: withDefault(flag(), false, 'fail when a server is down, instead of doing with less'),
  matrix: optional(text('tr114|FILE'), 'sweep: the published matrix, or a JSON file with axes (default: tr114)'),
  only: optional(
    nameList('NAMES', /^[\w.-]+$/, 'names of the matrix, like test011'),
    'sweep: these configurations, separated by commas',
  ),
  dryRun: withDefault(flag(), false, 'sweep: say what would be measured and how long it takes, and stop'),
  agents: withDefault(
    textLike('NUMBERS', /^\d{1,3}(,\d{1,3})*$/, 'numbers like 1,2,4,8'),
    '1,2,4,8',
    'scale: how many agents at once, one after the other',
  ),
  resume: withDefault(flag(), false, 'go on in --output-dir, keeping the runs that are there'),
  compare: optional(text('FOLDER'), 'analyze: a second folder, against which the first one is told'),
  json: withDefault(flag(), false, 'analyze: print every figure as JSON instead of a report'),
  output: optional(text('FOLDER'), 'analyze: where report.md and report.html go (default: beside what was analyzed)'),
} as const;

export type BenchOptions = OwnValues<typeof BENCH_OPTIONS>;
