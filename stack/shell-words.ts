/** Splits a line into arguments as a shell does, quotes and backslashes included; nothing is expanded. */

/** One argument: plain characters, escaped ones and quoted parts, in any order. */
const WORD = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs;
const SPECIAL = /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs;
/** Before anything else between double quotes a backslash stands for itself. */
const ESCAPED_IN_QUOTES = /\\(["\\$`])/g;

/** @throws Error a quotation mark, or a last backslash, has no partner */
export function shellWords(line: string): string[] {
  if (line.replace(WORD, '').trim() !== '')
    throw new Error(`${line} has a quotation mark or backslash without a partner`);
  return (line.match(WORD) ?? []).map(withoutQuotes);
}

function withoutQuotes(word: string): string {
  return word.replace(SPECIAL, (_, escaped?: string, double?: string, single?: string) => {
    return escaped ?? double?.replace(ESCAPED_IN_QUOTES, '$1') ?? single ?? '';
  });
}
