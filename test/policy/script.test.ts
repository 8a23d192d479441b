/** `script`: drift into another script or language. */
import { expect, test } from 'vitest';
import { gateOf, play } from '../gate/playing.ts';
import { builtIn } from './built-in-options.ts';

const ENGLISH =
  'The quick answer is that the river carries more water in spring, because the snow in the mountains melts and runs down through the valleys. ';
const GERMAN =
  'Die kurze Antwort lautet, dass der Fluss im Frühling mehr Wasser führt, weil der Schnee in den Bergen schmilzt und durch die Täler abfließt. ';
const RUSSIAN = 'Весной в реке больше воды, потому что снег в горах тает. ';

const splittings = (text: string): string[][] => [[text], text.split(''), text.match(/\S+\s?/g) ?? []];

test.each([
  ['Latin', { scripts: ['Latin'] }, ENGLISH.repeat(3), false],
  ['Latin with a foreign word', { scripts: ['Latin'] }, `${ENGLISH}It is called снег. ${ENGLISH}`, false],
  ['Russian where Latin is wanted', { scripts: ['Latin'] }, RUSSIAN, true],
  ['Russian after English', { scripts: ['Latin'] }, ENGLISH + RUSSIAN.repeat(3), true],
  ['Russian where it is allowed', { scripts: ['Latin', 'Cyrillic'] }, ENGLISH + RUSSIAN.repeat(3), false],
  ['numbers and marks', { scripts: ['Latin'] }, '12 × 13 = 156 — \u{1F600}'.repeat(5), false],
  ['English', { languages: ['eng'] }, ENGLISH.repeat(4), false],
  ['German where English is wanted', { languages: ['eng'] }, GERMAN.repeat(4), true],
  ['German after English', { languages: ['eng'] }, ENGLISH.repeat(3) + GERMAN.repeat(8), true],
  ['either', { languages: ['eng', 'deu'] }, ENGLISH.repeat(3) + GERMAN.repeat(8), false],
  ['Russian, by its language', { languages: ['eng'] }, RUSSIAN.repeat(8), true],
  ['too short to say', { languages: ['eng'] }, GERMAN, false],
])('%s', (_, options, text, isFlagged) => {
  for (const deltas of splittings(text)) {
    const { ruling, released } = play(gateOf([builtIn('script', options)]), deltas);
    expect(ruling?.verdict.action).toBe(isFlagged ? 'interject' : undefined);
    if (!isFlagged) expect(released).toBe(text);
  }
});

test.each([
  [{}, "options: give scripts or languages, for example { scripts: ['Latin'] }"],
  [{ scripts: ['Latein'] }, 'options.scripts[0]: is no Unicode script'],
  [{ scripts: [] }, 'options.scripts: '],
  [{ languages: ['english'] }, 'options.languages[0]: must be an ISO 639-3 code of three letters, like eng'],
])('%j is refused', (options, message) => {
  expect(() => builtIn('script', options)).toThrow(message);
});
