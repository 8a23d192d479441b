/**
 * Which lines of the log are wanted. A line that is no entry of ours (cut off, or written by somebody else) says of no agent and no run:
 * it is wanted where nobody asks for one.
 */

export interface Wanted {
  agents: readonly string[] | undefined;
  runs: readonly string[] | undefined;
  /** The least level, as pino names it. */
  level: keyof typeof LEVELS;
}

/** An entry of the log as it was written. */
export type Entry = Record<string, unknown>;

/** pino's levels. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;

/** The entry that a line holds; undefined where it holds none. */
export function readEntry(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** Says of a line, without its end, whether it is wanted. Cheap for lines that name nothing that is asked for. */
export function selectionOf({ agents, runs, level }: Wanted): (line: Buffer) => boolean {
  const needles = [agents, runs].flatMap((names) => (names === undefined ? [] : [names.map(quoted)]));
  return (line) => {
    if (line.length === 0) return false;
    if (!needles.every((names) => names.some((name) => line.includes(name)))) return false;
    const isAnything = needles.length === 0 && level === 'trace';
    return isAnything || fits(readEntry(line.toString('utf8')), { agents, runs, level });
  };
}

function fits(entry: Entry | undefined, { agents, runs, level }: Wanted): boolean {
  if (entry === undefined) return agents === undefined && runs === undefined;
  const isSevere = typeof entry.level !== 'number' || entry.level >= LEVELS[level];
  return isSevere && isOne(entry.agent, agents) && isOne(entry.run, runs);
}

function isOne(value: unknown, names: readonly string[] | undefined): boolean {
  return names === undefined || (typeof value === 'string' && names.includes(value));
}

/** As it stands in a line of JSON. */
function quoted(name: string): string {
  return JSON.stringify(name);
}
