/** Where the time of an agent's turn went, and what running two at once cost beside it; valid runs only. */
import { type Description, describe } from '../statistics/describe.ts';
import { isValid, known } from './rows.ts';
import type { RunFigures } from './run-figures.ts';

export interface OverheadPart {
  part: string;
  /** Milliseconds, of an agent's turn or of a run; undefined: not measured. */
  ms: Description | undefined;
  /** Its mean as a share of the mean wall time, percent. */
  percentOfWall: number | undefined;
}

export function overhead(runs: readonly RunFigures[]): OverheadPart[] {
  const valid = runs.filter(isValid);
  const wall = describe(valid.map(({ wallS }) => 1000 * wallS))?.mean;
  const agents = valid.flatMap(({ a, b }) => [a, b]);
  /** The sum over an agent's calls, for each agent whose calls all say it. */
  const ofCalls = (field: 'loadMs' | 'promptEvalMs' | 'evalMs' | 'queueMs'): number[] =>
    agents.flatMap(({ calls }) => {
      const values = known(calls.map((call) => call[field]));
      return values.length === 0 || values.length < calls.length ? [] : [values.reduce((one, other) => one + other)];
    });
  const part = (name: string, values: readonly number[]): OverheadPart => {
    const ms = describe(values);
    return { part: name, ms, percentOfWall: ms && wall ? (100 * ms.mean) / wall : undefined };
  };
  return [
    part('server: loading the model', ofCalls('loadMs')),
    part('server: reading the prompt', ofCalls('promptEvalMs')),
    part('server: writing the answer', ofCalls('evalMs')),
    part('queue and transport: duration − load − prompt − answer', ofCalls('queueMs')),
    part('agent: turn − durations of its calls', known(agents.map(({ outsideCallsMs }) => outsideCallsMs))),
    part('waiting for the slower agent: max(T) − min(T)', valid.map(waiting)),
    part(
      'coordination: W − max(T)',
      valid.map(({ coordinationMs }) => coordinationMs),
    ),
  ];
}

function waiting({ a, b }: RunFigures): number {
  return 1000 * Math.abs(a.executionS - b.executionS);
}
