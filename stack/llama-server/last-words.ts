/** Why a llama-server ended, from the end of what it wrote. Pure. */
import { printable } from '../printable.ts';

const MOST_LINES = 3;
const LONGEST_LINE = 400;

/** `0.00.002.947 E srv         start: ` before the text of a line; older servers write less, or nothing. */
const STAMP = /^(?:\d+(?:\.\d+)+\s+)?(?:([DIWEF])\s+)?(?=\S)/;
const ERROR =
  /\berror\b|\bfail(ed|ure)?\b|couldn't|cannot|GGML_ASSERT|terminate called|what\(\):|out of memory|not supported|unknown/i;
/** Says only that it ends, or what anybody could ask for. */
const EMPTY_WORDS = /exiting due to|cleaning up before exit|^usage:|to show complete usage/i;

/**
 * The lines that say why, without their stamps, each once; else the last lines; none when it said nothing. `from`: where the cause is
 * expected among them. A start fails with its first error, and what follows comes of it; a server that ran had time for other errors.
 */
export function lastWords(output: string, from: 'start' | 'end'): string[] {
  const lines = output
    .split('\n')
    .map(readLine)
    .filter(({ text }) => text !== '' && !EMPTY_WORDS.test(text));
  const errors = lines.filter(
    ({ level, text }) => level === 'E' || level === 'F' || (level === '' && ERROR.test(text)),
  );
  if (errors.length === 0) return lines.slice(-MOST_LINES).map(({ text }) => text);
  const words = [...new Set(errors.map(({ text }) => text))];
  return from === 'start' ? words.slice(0, MOST_LINES) : words.slice(-MOST_LINES);
}

function readLine(line: string): { level: string; text: string } {
  const [stamp, level = ''] = STAMP.exec(line) ?? [''];
  return { level, text: printable(line.slice(stamp.length).replace(/\s+/g, ' ').trim().slice(0, LONGEST_LINE)) };
}
