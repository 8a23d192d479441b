/** Ordinary English text for measurements: made up, but always the same, with capitals, numbers, lists and paragraphs as answers have them. */

const NOUNS =
  'answer report table number market letter garden engine window river teacher signal branch harbour season method island order model table'.split(
    ' ',
  );
const VERBS = 'shows keeps follows explains leaves carries changes needs covers meets supports describes reaches'.split(
  ' ',
);
const MORE = 'early plain small second common useful separate quiet general recent simple strong careful public'.split(
  ' ',
);
const LINKS = 'because although while and but so that as soon as unless whenever'.split(' ');
const PLACES = [
  'in Berlin',
  'near Oslo',
  'on Monday',
  'in 2024',
  'after 3 days',
  'at 10:30',
  'for $250',
  'in all 48 cases',
];

/** Numbers from 0 to 1, the same in every run: the linear congruential generator of Numerical Recipes. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The first `length` characters (UTF-16 units) of a text that is always the same. */
export function englishText(length: number): string {
  const random = generator();
  const one = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? '';
  const clause = (): string => `the ${one(MORE)} ${one(NOUNS)} ${one(VERBS)} a ${one(NOUNS)}`;
  const sentence = (): string => {
    const text = `${clause()} ${one(PLACES)} ${one(LINKS)} ${clause()}`;
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}. `;
  };
  let text = '';
  while (text.length < length) text += random() < 0.15 ? `\n\n* ${sentence()}` : sentence();
  return text.slice(0, length);
}

/** Deltas of about four characters, as tokens are: always the same ones of the same text. */
export function deltasOf(text: string): string[] {
  const random = generator();
  const deltas: string[] = [];
  for (let at = 0; at < text.length; at += deltas.at(-1)?.length ?? 1) {
    deltas.push(text.slice(at, at + 2 + Math.floor(random() * 5)));
  }
  return deltas;
}
