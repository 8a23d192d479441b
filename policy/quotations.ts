/**
 * Takes out of a judge's words what they quote of an answer that nobody is to see. Pure. Quoted is what stands in quotation marks and in the
 * answer, however short; three words in a row of the answer, or all that is said where that is less; a word of twelve characters or more. What others have said as well is no secret.
 * A judge that tells in words of its own what it has read is not found out.
 */

/** Words in a row that are no accident. */
const ROW = 3;
/** Characters of a word that is none. */
const LONG_WORD = 12;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const MARKED = /["“”„«»‹›‘’'`]+([^"“”„«»‹›‘’'`]+)["“”„«»‹›‘’'`]+/gu;
const HIDDEN = '…';

/** From `from` up to `to`, in UTF-16 units. */
interface Span {
  from: number;
  to: number;
}

/** `words` with an ellipsis for what they quote of `answer` and `others` have not said. */
export function withoutQuotations(words: string, answer: string, others: string): string {
  const [own, known] = [rowOf(wordsOf(answer)), rowOf(wordsOf(others))];
  const isQuoted = (row: readonly string[]): boolean => {
    return row.length > 0 && own.includes(rowOf(row)) && !known.includes(rowOf(row));
  };
  const found = spansOf(words);
  const rows = found.flatMap((_, first) => {
    const row = found.slice(first, first + ROW);
    const isWorth = row.length === ROW || (found.length < ROW && first === 0);
    return isWorth && isQuoted(row.map(({ word }) => word))
      ? [{ from: row[0]?.from ?? 0, to: row.at(-1)?.to ?? 0 }]
      : [];
  });
  const long = found.filter(({ word }) => word.length >= LONG_WORD && isQuoted([word]));
  const marked = [...words.matchAll(MARKED)].flatMap(({ 0: whole, 1: inner = '', index }) => {
    const from = index + whole.indexOf(inner);
    return isQuoted(wordsOf(inner)) ? [{ from, to: from + inner.length }] : [];
  });
  return hidden(words, [...rows, ...long, ...marked]);
}

function spansOf(text: string): (Span & { word: string })[] {
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({
    ...{ from: index, to: index + word.length },
    word: word.toLowerCase(),
  }));
}

function wordsOf(text: string): string[] {
  return spansOf(text).map(({ word }) => word);
}

/** So that rows can be looked for in one another. */
function rowOf(words: readonly string[]): string {
  return ` ${words.join(' ')} `;
}

function hidden(words: string, spans: readonly Span[]): string {
  let [left, at] = ['', 0];
  for (const { from, to } of spans.toSorted((one, other) => one.from - other.from)) {
    if (to <= at) continue;
    // What joins on to the one before is one with it.
    if (at === 0 || words.slice(at, from).trim() !== '') left += words.slice(at, Math.max(at, from)) + HIDDEN;
    at = to;
  }
  return left + words.slice(at);
}
