/** Reads what voters and judges write. Pure. */

const MARKED = /^[\s#>*_`-]*answer[*_`]*\s*:(.*)$/i;
const CHOICE = /choice[^\p{L}\p{N}]*(\d+)/giu;
const NUMBER = /^\d+$/;

/** What stands around an answer without being part of it; signs like - + # stay, since `-5` is not `5`. */
const AROUND = new Set([...' \t\n\r"\'`*_“”„‘’«»']);
const AFTER = new Set([...AROUND, ...'.!?;:,']);

/** The answer that a voter marked last; without a mark all of it. */
export function ballotAnswer(text: string): string {
  const lines = text.split('\n').reverse();
  const marked = lines.map((line) => stripped(MARKED.exec(line)?.[1] ?? '', AROUND)).find((answer) => answer !== '');
  return marked ?? text.trim();
}

/** Answers that mean the same in spite of case, spaces, quotes, emphasis and a full stop become equal. */
export function normalised(answer: string): string {
  return stripped(answer.normalize('NFKC').toLowerCase().replace(/\s+/g, ' '), AFTER) || answer.trim();
}

/** Which of the answers a judge chose, by number or in words; undefined when that is not clear. */
export function chosenPlace(text: string, answers: readonly string[]): number | undefined {
  const said = normalised(text);
  const named = [...text.matchAll(CHOICE)].map(([, number]) => Number(number) - 1);
  const alone = named.length === 0 && NUMBER.test(said) ? [Number(said) - 1] : [];
  const quoted =
    named.length > 0 ? [] : answers.flatMap((answer, place) => (normalised(answer) === said ? [place] : []));
  const places = new Set([...named, ...alone, ...quoted].filter((place) => place >= 0 && place < answers.length));
  const [place] = places;
  return places.size === 1 ? place : undefined;
}

/** Without characters of `AROUND` at the beginning and of a set at the end. A loop: an expression may take quadratic time here. */
function stripped(text: string, ends: ReadonlySet<string>): string {
  let [from, to] = [0, text.length];
  while (from < to && AROUND.has(text.charAt(from))) from++;
  while (to > from && ends.has(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}
