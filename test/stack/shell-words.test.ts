import { expect, it } from 'vitest';
import { shellWords } from '../../stack/shell-words.ts';

it.each([
  ['', []],
  ['  -ngl 99\t-c 16384 ', ['-ngl', '99', '-c', '16384']],
  [`--alias 'my model' x`, ['--alias', 'my model', 'x']],
  ['--alias="my model"', ['--alias=my model']],
  [`'it'"'"'s' ""`, ["it's", '']],
  ['a\\ b \\"c\\"', ['a b', '"c"']],
  [String.raw`"a \"b\" \n \\" '\n'`, [String.raw`a "b" \n \ `.trim(), String.raw`\n`]],
  ['$HOME *', ['$HOME', '*']],
])('%s', (line, words) => {
  expect(shellWords(line)).toEqual(words);
});

it.each(['"a', "a 'b", 'a\\', '"a\\"'])('%s is refused', (line) => {
  expect(() => shellWords(line)).toThrow('without a partner');
});
