/** The options of `bench`, of all its actions; the help of each says which ones take it. */
import { flag, text } from '../../option-kinds.ts';
import { type OwnValues, withDefault } from '../declare.ts';

export const BENCH_OPTIONS = {
  compare: {
    kind: text('FOLDER'),
    byDefault: undefined,
    help: 'analyze: a second folder, against which the first one is told',
  },
  json: withDefault(flag(), false, 'analyze: print every figure as JSON instead of a report'),
  output: {
    kind: text('FOLDER'),
    byDefault: undefined,
    help: 'analyze: where report.md and report.html go (default: beside what was analyzed)',
  },
} as const;

export type BenchOptions = OwnValues<typeof BENCH_OPTIONS>;
