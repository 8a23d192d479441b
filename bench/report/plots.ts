/** The plots of a report, as Vega-Lite specifications. Colours are the page's: `var(--…)`. Each shows what a field of the analysis says. */
import type { Analysis } from '../analysis/analysis.ts';
import { isValid } from '../analysis/rows.ts';
import type { RunFigures } from '../analysis/run-figures.ts';
import { decimals } from '../analysis/words.ts';
import { describe } from '../statistics/describe.ts';
import { type Block, heading, type Plot } from './document.ts';

const WIDTH = 600;
const AGENT_COLOURS = { domain: ['A', 'B'], range: ['var(--a)', 'var(--b)'] };

/** Nothing where nothing can be drawn. */
export function plots(analysis: Analysis): Block[] {
  const all = [
    efficiencyPlot(analysis),
    distributionPlot(analysis, 'ttftMs', 'Time to first text', 'TTFT of a call, ms'),
    distributionPlot(analysis, 'throughput', 'Throughput', 'throughput of a call, tokens/s'),
    timelinePlot(analysis),
    ...analysis.scaling.map((_, at) => scalingPlot(analysis, at)),
  ];
  const drawn = all.flatMap((plot): Block[] => (plot === undefined ? [] : [{ kind: 'plot', plot }]));
  return drawn.length === 0 ? [] : [heading('Plots'), ...drawn];
}

function efficiencyPlot({ configurations, runs, valid }: Analysis): Plot | undefined {
  if (runs.length === 0) return undefined;
  const means = configurations.flatMap(({ name, valid: { efficiencyPercent, interval } }) =>
    efficiencyPercent === undefined ? [] : [{ name, mean: efficiencyPercent.mean, ...interval }],
  );
  const sort = [...means].sort((one, other) => other.mean - one.mean).map(({ name }) => name);
  const points = runs.map((run) => ({
    name: run.name,
    efficiency: run.efficiencyPercent,
    kind: isValid(run) ? 'valid run' : 'invalid run',
  }));
  const lowest = lowestShown(runs);
  const outside = runs.filter(({ efficiencyPercent }) => efficiencyPercent < lowest);
  const y = { field: 'name', type: 'nominal', sort, title: null };
  const x = { type: 'quantitative', scale: { domain: [lowest, 100], nice: false }, title: 'efficiency (balance), %' };
  return {
    title: 'Efficiency by configuration',
    text: `Every run as a ring, invalid ones as a cross; the mean of the valid runs as a diamond with its interval at 95 % by t. Mean of all valid runs: ${decimals(valid.efficiencyPercent?.mean, 2)} %.${leftOf(outside)}`,
    from: ['runs[].efficiencyPercent', 'configurations[].valid.interval'],
    specification: {
      width: WIDTH,
      height: { step: 17 },
      layer: [
        {
          data: { values: means.filter((one) => 'low' in one) },
          mark: { clip: true, type: 'rule', stroke: 'var(--a)', strokeWidth: 2 },
          encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } },
        },
        {
          data: { values: points },
          mark: { clip: true, type: 'point', size: 22, filled: false, strokeWidth: 1.2 },
          encoding: {
            y,
            x: { ...x, field: 'efficiency' },
            color: {
              field: 'kind',
              scale: { domain: ['valid run', 'invalid run'], range: ['var(--muted)', 'var(--bad)'] },
              title: null,
            },
            shape: {
              field: 'kind',
              scale: { domain: ['valid run', 'invalid run'], range: ['circle', 'cross'] },
              title: null,
            },
          },
        },
        {
          data: { values: means },
          mark: { clip: true, type: 'point', shape: 'diamond', filled: true, size: 60, color: 'var(--a)', opacity: 1 },
          encoding: { y, x: { ...x, field: 'mean' } },
        },
      ],
    },
  };
}

/** Below nearly all runs, so that a few far ones do not squeeze the rest; percent. */
function lowestShown(runs: readonly RunFigures[]): number {
  const figures = describe(runs.map(({ efficiencyPercent }) => efficiencyPercent));
  if (figures === undefined) return 0;
  const far = figures.p5 - 3 * (figures.p75 - figures.p25);
  return Math.floor(Math.min(99, Math.max(figures.min - 0.5, far)));
}

function leftOf(outside: readonly RunFigures[]): string {
  if (outside.length === 0) return '';
  const named = outside.map(
    ({ name, run, efficiencyPercent }) => `${name} run ${run} (${decimals(efficiencyPercent, 2)} %)`,
  );
  return ` Left of the axis: ${named.join(', ')}.`;
}

function distributionPlot(
  { runs }: Analysis,
  field: 'ttftMs' | 'throughput',
  title: string,
  axis: string,
): Plot | undefined {
  const values = runs.filter(isValid).flatMap(({ a, b }) =>
    [a, b].flatMap((agent, at) => {
      const figures = agent.calls.length > 0 ? agent.calls : [agent];
      return figures.flatMap(({ [field]: value }) => (value === undefined ? [] : [{ agent: 'AB'[at], value }]));
    }),
  );
  if (values.length === 0) return undefined;
  return {
    title: `${title} of the valid runs`,
    text: 'How many calls of each agent fall into each bin.',
    from: [`runs[].a.calls[].${field}`, `runs[].b.calls[].${field}`],
    specification: {
      data: { values },
      facet: {
        row: {
          field: 'agent',
          type: 'nominal',
          title: null,
          header: { labelOrient: 'top', labelAnchor: 'start', labelExpr: "'agent ' + datum.value" },
        },
      },
      spec: {
        width: WIDTH,
        height: 90,
        mark: { type: 'bar', binSpacing: 1 },
        encoding: {
          x: { field: 'value', type: 'quantitative', bin: { maxbins: 40 }, title: axis },
          y: {
            aggregate: 'count',
            type: 'quantitative',
            title: 'calls',
            axis: { tickCount: 3, tickMinStep: 1, format: 'd' },
          },
          color: { field: 'agent', scale: AGENT_COLOURS, legend: null },
        },
      },
    },
  };
}

function timelinePlot({ timeline }: Analysis): Plot | undefined {
  if (timeline === undefined) return undefined;
  const spans = timeline.calls.flatMap(({ agent, stage, sentMs, firstTextMs, endMs }) => [
    { agent, stage, phase: 'waiting for the first text', from: sentMs, until: firstTextMs ?? endMs },
    ...(firstTextMs === undefined ? [] : [{ agent, stage, phase: 'text arrives', from: firstTextMs, until: endMs }]),
  ]);
  const phases = { domain: ['waiting for the first text', 'text arrives'], range: ['var(--wait)', 'var(--a)'] };
  const y = { field: 'agent', type: 'nominal', title: 'agent' };
  return {
    title: 'Calls of a concurrent run in time',
    text: `From ${timeline.file}. Where bars of different agents stand above each other they overlap; what is left free is an agent's own work, or waiting for its turn.`,
    from: ['timeline.calls'],
    specification: {
      width: WIDTH,
      height: { step: 44 },
      layer: [
        {
          data: { values: spans },
          mark: { type: 'bar', height: 24 },
          encoding: {
            y,
            x: { field: 'from', type: 'quantitative', title: 'ms since both were let go' },
            x2: { field: 'until' },
            color: { field: 'phase', scale: phases, title: null },
          },
        },
        {
          data: { values: timeline.calls },
          mark: { type: 'text', align: 'left', dx: 2, dy: -18, color: 'var(--ink)' },
          encoding: { y, x: { field: 'sentMs', type: 'quantitative' }, text: { field: 'stage' } },
        },
      ],
    },
  };
}

function scalingPlot({ scaling }: Analysis, at: number): Plot | undefined {
  const { points = [], law } = scaling[at] ?? {};
  if (points.length === 0) return undefined;
  const measured = points.map(({ agents, tokensPerSecond: { mean } }) => ({
    agents,
    value: mean,
    curve: 'measured (mean)',
  }));
  const fitted = points.flatMap(({ agents, fitted: value }) =>
    value === undefined ? [] : [{ agents, value, curve: 'by the law' }],
  );
  const ideal = points.map(({ agents }) => ({ agents, value: (law?.single ?? 0) * agents, curve: 'nobody waits' }));
  const curves = ['measured (mean)', 'by the law', 'nobody waits'];
  const color = {
    field: 'curve',
    scale: { domain: curves, range: ['var(--a)', 'var(--b)', 'var(--muted)'] },
    title: null,
  };
  const x = { field: 'agents', type: 'quantitative', title: 'agents at once', axis: { tickMinStep: 1, format: 'd' } };
  const y = { field: 'value', type: 'quantitative', title: 'tokens/s, all agents' };
  const lines = {
    data: { values: [...fitted, ...ideal] },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: { x, y, color },
  };
  return {
    title: 'Scaling curve',
    text: 'Throughput of all agents together by their number; the line is the universal scalability law, if it could be fitted.',
    from: [`scaling[${at}].points`, `scaling[${at}].law`],
    specification: {
      width: WIDTH,
      height: 260,
      layer: [
        // A layer without a value is drawn with a warning on the terminal.
        ...(law === undefined ? [] : [lines]),
        {
          data: { values: measured },
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: { x, y, color },
        },
      ],
    },
  };
}
