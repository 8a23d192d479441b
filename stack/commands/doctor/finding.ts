/** What the doctor found: one line each, and what to do where something can be done. */
import type { Paint } from '../../start-lines.ts';

export interface Finding {
  level: 'ok' | 'note' | 'fail';
  /** What was looked at, in a word. */
  part: string;
  text: string;
  /** What to do. */
  advice?: string;
}

const PART_WIDTH = 10;
const LEVEL_WIDTH = 6;

export function ok(part: string, text: string): Finding {
  return { level: 'ok', part, text };
}

export function note(part: string, text: string, advice?: string): Finding {
  return { level: 'note', part, text, ...(advice !== undefined && { advice }) };
}

export function fail(part: string, text: string, advice?: string): Finding {
  return { level: 'fail', part, text, ...(advice !== undefined && { advice }) };
}

/** The finding as lines of text. */
export function findingLines({ level, part, text, advice }: Finding, paint: Paint): string {
  const word = level.padEnd(LEVEL_WIDTH);
  const shown =
    level === 'ok' ? paint.cyan(word) : level === 'note' ? paint.yellow(word) : paint.bold(paint.yellow(word));
  const margin = ' '.repeat(LEVEL_WIDTH + PART_WIDTH);
  const [first = '', ...more] = text.split('\n');
  const lines = [`${shown}${part.padEnd(PART_WIDTH)}${first}`, ...more.map((line) => margin + line)];
  return [...lines, ...(advice === undefined ? [] : [`${margin}→ ${advice}`])].join('\n');
}
