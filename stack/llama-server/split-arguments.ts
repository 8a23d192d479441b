/** Takes apart what follows --llama-args. Pure. */
import { usageFailure } from '../failure.ts';

/**
 * Splits a text into arguments as a shell does: at white space, with '…' (as it is), "…" (\" and \\ stand for " and \) and \ outside
 * quotes. Nothing is expanded.
 * @throws Failure (exit code 2) when a quote is not closed
 */
export function splitArguments(text: string): string[] {
  const words: string[] = [];
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy;
  let word: string | undefined;
  while (piece.lastIndex < text.length) {
    const at = piece.lastIndex;
    const found = piece.exec(text);
    if (found === null) throw usageFailure(`--llama-args: ${text.slice(at)} is not complete: a quote is not closed.`);
    const [whole, single, double, escaped, bare] = found;
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? bare);
    }
  }
  return word === undefined ? words : [...words, word];
}
