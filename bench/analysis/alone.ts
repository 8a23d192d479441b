/** What agents did when each was alone: all that there is of a folder in which no two worked at once. */
import { type Description, describe } from '../statistics/describe.ts';
import { callFigures } from './calls.ts';
import { groupBy } from './group-by.ts';
import { type Part, timeOf } from './parts.ts';
import { known } from './rows.ts';

/** One agent of one configuration, over its valid parts alone. */
export interface AloneFigures {
  name: string;
  /** `a`, `b`. */
  agent: string;
  parts: number;
  invalidParts: number;
  /** T, seconds. */
  executionS: Description | undefined;
  /** Of its calls: ms, tokens/s. */
  ttftMs: Description | undefined;
  throughput: Description | undefined;
}

/** `nameOf`: name of a configuration for people. */
export function aloneFigures(parts: readonly Part[], nameOf: (configuration: string) => string): AloneFigures[] {
  const solos = parts.filter(({ kind }) => kind === 'solo');
  const agentOf = ({ measurement }: Part): string => measurement.agents[0]?.agent ?? '?';
  const groups = groupBy(solos, (part) => JSON.stringify([part.configuration, agentOf(part)]));
  return [...groups.values()].flatMap((own) => {
    const [first] = own;
    return first === undefined ? [] : [figuresOf(own, nameOf(first.configuration), agentOf(first))];
  });
}

function figuresOf(own: readonly Part[], name: string, agent: string): AloneFigures {
  const valid = own.filter((part) => part.valid);
  const calls = valid.flatMap((part) => part.calls).map(({ metrics }) => callFigures(metrics));
  return {
    name,
    agent,
    parts: own.length,
    invalidParts: own.length - valid.length,
    executionS: describe(known(valid.map((part) => timeOf(part, agent)))),
    ttftMs: describe(known(calls.map(({ ttftMs }) => ttftMs))),
    throughput: describe(known(calls.map(({ throughput }) => throughput))),
  };
}
