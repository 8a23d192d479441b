/** The policies of examples/policies: short, loaded as a stack loads them, and they do what they say. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { Policy, Verdict } from '../../policy/policy.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import { bundlePolicy } from '../../stack/policy-bundle.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { stopBundler } from '../../stack/user-module.ts';
import { callHook } from '../../supervisor/policies/verdict.ts';
import { gateOf, play } from '../gate/playing.ts';
import { temporaryFolder } from '../store/temporary-store.ts';

const FOLDER = join(PROJECT_ROOT, 'examples/policies');
const MOST_LINES = 30;

interface Case {
  text: string;
  shown: string;
  action?: Verdict['action'];
  options?: Record<string, unknown>;
}

/** What readers see of answers. */
const ANSWERS: Record<string, Case[]> = {
  'no-apologies': [
    { text: "Well, I'm sorry to say so.", shown: 'Well, ', action: 'interject' },
    { text: 'Nothing to regret.', shown: 'Nothing to regret.' },
  ],
  'short-answers': [
    { text: 'Twelve signs', shown: 'Twelve', action: 'cut', options: { characters: 6 } },
    { text: 'Twelve', shown: 'Twelve', options: { characters: 6 } },
  ],
  'no-legal-advice': [{ text: 'Whatever it says.', shown: 'Whatever it says.' }],
  'ask-a-person': [
    { text: 'You get a refund.', shown: 'You get a ', action: 'pause' },
    { text: 'You get a refusal.', shown: 'You get a refusal.' },
  ],
  'name-a-source': [
    { text: 'It rains.', shown: '', action: 'interject' },
    { text: 'It rains. Source: a window', shown: 'It rains. Source: a window' },
  ],
};

afterAll(() => stopBundler());

async function load(name: string, options?: Record<string, unknown>): Promise<Policy> {
  const { file } = await bundlePolicy(join(FOLDER, `${name}.ts`), name, temporaryFolder());
  const { default: policy } = await import(pathToFileURL(file).href);
  return readPolicy(policy, { options });
}

test('all of them are tried here', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(
    Object.keys(ANSWERS)
      .map((name) => `${name}.ts`)
      .sort(),
  );
});

test.each(Object.keys(ANSWERS))('%s is short', (name) => {
  expect(readFileSync(join(FOLDER, `${name}.ts`), 'utf8').split('\n').length).toBeLessThan(MOST_LINES);
});

test.each(Object.entries(ANSWERS))('%s judges answers, however they are split', async (name, cases) => {
  for (const { text, shown, action, options } of cases) {
    const policy = await load(name, options);
    expect(policy.name).toBe(name);
    for (const deltas of [[text], text.split(''), text.match(/\S+\s?/g) ?? []]) {
      const { released, ruling } = play(gateOf([policy]), deltas);
      expect([released, ruling?.verdict.action]).toEqual([shown, action]);
    }
  }
});

test('no-legal-advice refuses messages', async () => {
  const policy = await load('no-legal-advice');
  const loaded = { name: policy.name, version: '1', policy };
  const judge = (content: string) =>
    callHook(loaded, 'onMessage', { agent: 'assistant', chat: 'main', run: 'run-1', role: 'user', content });
  expect(judge('Can I sue my neighbour?')).toMatchObject([{ action: 'block' }]);
  expect(judge('Is Sue there, or is she pursuing a tissue?')).toMatchObject([{ action: 'block' }]);
  expect(judge('What issue is it?')).toEqual([]);
});
