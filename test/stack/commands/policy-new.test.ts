/** `policy new`: what it writes works, and what it refuses. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCommandLine } from '../../../stack/command-line.ts';
import { newPolicy } from '../../../stack/commands/policy/new.ts';
import { policyCommand } from '../../../stack/commands/policy.ts';
import { bundlePolicy } from '../../../stack/policy-bundle.ts';
import { stopBundler } from '../../../stack/user-module.ts';
import { temporaryFolder } from '../../store/temporary-store.ts';
import { sayCoded, shownText, startStack } from '../../supervisor/running-stack.ts';

afterAll(() => stopBundler());

test('a stack with what it writes judges by it', async () => {
  const folder = temporaryFolder();
  expect(await newPolicy(['my-first'], folder)).toBe(0);
  const use = './my-first.ts';
  const { file, version } = await bundlePolicy(join(folder, 'my-first.ts'), use, folder);
  const stack = await startStack({ policies: [{ use, file, version }] });
  const run = await stack.say(sayCoded('This is forbidden too'));
  const events = await stack.eventsOf(run);
  expect(shownText(events, 1)).toBe('This is ');
  expect(events.find(({ type }) => type === 'intervention')).toMatchObject({ policy: 'my-first', action: 'interject' });
  expect((await stack.ask('say: All is well')).interventions).toEqual([]);
});

test('it never overwrites', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine.ts'), 'precious');
  await expect(newPolicy(['mine'], folder)).rejects.toMatchObject({
    message: 'policy new: mine.ts is there already; it stays as it is.',
    exitCode: 1,
  });
  expect(readFileSync(join(folder, 'mine.ts'), 'utf8')).toBe('precious');
});

test.each([
  [[], 'say how it is to be called'],
  [['My Policy'], 'the name "My Policy" must be lower-case letters, digits and dashes'],
  [['../up'], 'the name "../up" must be lower-case'],
  [['person'], 'is taken'],
  [['error-keyword'], '"error-keyword" means something already'],
  [['none'], '"none" means something already'],
  [['a', 'b'], 'one name, please; "b" is too much'],
])('%j is refused', async (words, message) => {
  const folder = temporaryFolder();
  await expect(newPolicy(words, folder)).rejects.toMatchObject({
    message: expect.stringContaining(message),
    exitCode: 2,
  });
});

test('the command line hands all words over; a wrong action is refused', async () => {
  expect(await readCommandLine(['policy', 'new', 'mine'])).toMatchObject({ words: ['new', 'mine'], argument: 'new' });
  const run = (words: string[]) => policyCommand.run({ argument: words[0], words, own: {}, given: {} });
  await expect(run(['now'])).rejects.toMatchObject({ message: 'policy: there is no action now. Did you mean new?' });
  await expect(run([])).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('policy new NAME') });
});
