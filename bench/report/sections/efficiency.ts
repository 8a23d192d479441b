/** The tables of the original's report: overall, per scenario, per configuration, the best and the worst, percentiles, spread, deltas. */
import type { Analysis } from '../../analysis/analysis.ts';
import type { Row } from '../../analysis/rows.ts';
import { between, counted, decimals, signed } from '../../analysis/words.ts';
import type { Description } from '../../statistics/describe.ts';
import { type Block, heading, paragraph, table } from '../document.ts';

/** Nothing for a folder without runs, e.g. of scaling alone. */
export function efficiencySections(analysis: Analysis): Block[] {
  if (analysis.runs.length === 0) return [];
  return [
    ...overall(analysis),
    ...percentiles(analysis),
    ...scenarios(analysis),
    ...configurations(analysis),
    ...best(analysis),
    ...deltas(analysis),
    ...agents(analysis),
  ];
}

/** Both readings of a folder; one when they are the same. */
function readings({ published, valid }: Analysis): [name: string, row: Row, field: string][] {
  if (published.runs === valid.runs) return [[`${counted(published.runs, 'run')}`, published, 'published']];
  return [
    [`as published, ${published.runs} runs`, published, 'published'],
    [`valid only, ${counted(valid.runs, 'run')}`, valid, 'valid'],
  ];
}

const SHAPE = ['mean', 'median', 'sd', 'CV %', 'min', 'max'];

function shape(figures: Description | undefined, digits: number): string[] {
  const of = (value: number | undefined): string => decimals(value, digits);
  return [
    of(figures?.mean),
    of(figures?.median),
    of(figures?.sd),
    decimals(figures?.cv, 2),
    of(figures?.min),
    of(figures?.max),
  ];
}

function overall(analysis: Analysis): Block[] {
  const rows = readings(analysis).flatMap(([name, row]) => [
    [
      name,
      'efficiency % (balance)',
      ...shape(row.efficiencyPercent, 3),
      between(row.interval, 2),
      between(row.bootstrap, 2),
    ],
    [name, 'speed-up S = (T_A + T_B)/W', ...shape(row.speedup, 4), '–', '–'],
    [name, 'wall time W, s', ...shape(row.wallS, 3), '–', '–'],
  ]);
  return [
    heading('Overall'),
    table(['runs', 'figure', ...SHAPE, 'mean, 95 % (t)', 'mean, 95 % (bootstrap)'], rows, 'published', 'valid'),
  ];
}

function percentiles(analysis: Analysis): Block[] {
  const of = (name: string, figures: Description | undefined, digits: number): string[] => [
    name,
    ...[figures?.p5, figures?.p25, figures?.median, figures?.p75, figures?.p95, figures?.p99].map((value) =>
      decimals(value, digits),
    ),
  ];
  const rows = readings(analysis).flatMap(([name, row]) => [
    of(`efficiency %, ${name}`, row.efficiencyPercent, 2),
    of(`speed-up, ${name}`, row.speedup, 3),
  ]);
  return [
    heading('Percentiles'),
    table(['figure', 'P5', 'P25', 'P50', 'P75', 'P95', 'P99'], rows, 'published', 'valid'),
  ];
}

function scenarios(analysis: Analysis): Block[] {
  const rows = analysis.scenarios.map(
    ({ scenario, configurations: count, published, valid, contention, meanSd, meanCv }) => [
      scenario,
      String(count),
      String(published.runs),
      decimals(published.efficiencyPercent?.mean, 2),
      decimals(valid.efficiencyPercent?.mean, 2),
      decimals(published.efficiencyPercent?.max, 3),
      decimals(published.speedup?.mean, 4),
      `${contention.runs}/${contention.of}`,
      decimals(meanSd, 2),
      decimals(meanCv, 2),
    ],
  );
  const head = [
    'scenario',
    'configurations',
    'runs',
    'mean eff. %',
    'valid only',
    'peak %',
    'mean S',
    'contention',
    'mean sd',
    'mean CV %',
  ];
  return [
    heading('By scenario'),
    paragraph('Mean sd and CV: of the runs within a configuration, averaged over its configurations.'),
    table(head, rows, 'scenarios'),
  ];
}

function configurations(analysis: Analysis): Block[] {
  const rows = analysis.configurations.map(({ name, scenario, settings, published, valid, contention }) => [
    name,
    scenario,
    settings,
    decimals(published.speedup?.mean, 4),
    decimals(published.efficiencyPercent?.mean, 3),
    decimals(valid.efficiencyPercent?.mean, 3),
    between(valid.interval, 2),
    decimals(published.efficiencyPercent?.max, 3),
    decimals(published.efficiencyPercent?.sd, 2),
    decimals(published.efficiencyPercent?.cv, 2),
    `${contention.runs}/${contention.of}`,
  ]);
  const head = [
    'configuration',
    'scenario',
    'set',
    'mean S',
    'mean eff. %',
    'valid only',
    '95 % (t)',
    'peak %',
    'sd',
    'CV %',
    'contention',
  ];
  return [
    heading('By configuration'),
    paragraph('Contention is the original’s flag, S < 1.5. The interval is of the mean of the valid runs, cut at 100.'),
    table(head, rows, 'configurations'),
    ...(rows.length < 2 ? [] : [{ kind: 'list' as const, items: orderOf(analysis) }]),
  ];
}

function orderOf({ ranking, invalidRuns }: Analysis): { text: string; from: string[] }[] {
  const order = (names: readonly string[]): string => names.join(', ');
  const published = {
    text: `Order by mean efficiency, as published: ${order(ranking.published)}`,
    from: ['ranking.published'],
  };
  if (invalidRuns.length === 0) return [published];
  return [
    published,
    { text: `Order by mean efficiency, valid only: ${order(ranking.valid)}`, from: ['ranking.valid'] },
  ];
}

function best({ ranking, configurations: all }: Analysis): Block[] {
  // One configuration is the best and the worst of itself.
  if (all.length < 2) return [];
  const averages = (of: Analysis['ranking']['bottom']): string[][] =>
    of.map((one, at) => [
      String(at + 1),
      one.name,
      one.scenario,
      one.settings,
      decimals(one.average, 3),
      decimals(one.peak, 3),
    ]);
  const peaks = ranking.topByPeak.map((one, at) => [
    String(at + 1),
    one.name,
    one.scenario,
    one.settings,
    String(one.run),
    decimals(one.efficiencyPercent, 3),
    decimals(one.speedup, 4),
  ]);
  const head = ['rank', 'configuration', 'scenario', 'set'];
  return [
    heading('Top five by average efficiency'),
    table([...head, 'mean eff. %', 'peak %'], averages(ranking.topByAverage), 'ranking.topByAverage'),
    heading('Top five by their best run'),
    table([...head, 'run', 'eff. %', 'S'], peaks, 'ranking.topByPeak'),
    heading('Bottom three by average efficiency'),
    table([...head, 'mean eff. %', 'peak %'], averages(ranking.bottom), 'ranking.bottom'),
  ];
}

function deltas(analysis: Analysis): Block[] {
  const of = (figures: Description | undefined, digits: number): string[] =>
    [figures?.mean, figures?.median, figures?.min, figures?.max].map((value) => signed(value, digits));
  const rows = readings(analysis).flatMap(([name, row]) => [
    ['throughput, tokens/s', 'B − A; positive: B was faster', name, ...of(row.throughputDelta, 2)],
    ['TTFT, ms', 'A − B; positive: B answered sooner', name, ...of(row.ttftDeltaMs, 1)],
  ]);
  return [
    heading('Deltas between the agents'),
    paragraph(
      'Signs as in the files; the texts of the original say otherwise. A is the collector, B the insight agent.',
    ),
    table(['delta', 'sign', 'runs', 'mean', 'median', 'min', 'max'], rows, 'published', 'valid'),
  ];
}

function agents(analysis: Analysis): Block[] {
  const rows = analysis.agents.flatMap(({ agent, ttftMs, throughput }) => [
    [agent, 'TTFT, ms', ...shape(ttftMs, 1), decimals(ttftMs?.p95, 1)],
    [agent, 'throughput, tokens/s', ...shape(throughput, 2), decimals(throughput?.p95, 2)],
  ]);
  return [heading('Calls of valid runs'), table(['agent', 'figure', ...SHAPE, 'P95'], rows, 'agents')];
}
