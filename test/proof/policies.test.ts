/**
 * Policies that fail in every way there is: the run that they judge fails closed and says who failed, and nobody else's stream suffers.
 * One that does not return twice is put into quarantine, by version.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RunView } from '../../supervisor/service.ts';
import { BYSTANDER, Bystander } from './bystander.ts';
import type { EventReader } from './event-reader.ts';
import { sayCoded } from './messages.ts';
import { shownTurns } from './shown-turns.ts';
import { type StackUnderTest, sharedStack, startedStack } from './stack-under-test.ts';
import { readRun } from './stored-run.ts';

const FAILING = ['throwing', 'returning-a-number', 'returning-a-promise'];
const HANGING = ['looping-in-text', 'looping-in-message', 'filling-the-heap'];

/** The word that every policy here stumbles over, and what comes before it. */
const BEFORE = 'This may be shown. ';
const SAID = `${BEFORE}STUMBLE and on it goes.`;

/** One agent for each policy, named like it, and one that nobody judges. */
function filesFor(policies: readonly string[]): Record<string, string> {
  const agents = [...policies.map((name) => ({ name, policies: [`./${name}.ts`] })), { name: BYSTANDER, policies: [] }];
  const config = { 'agents.config.json': JSON.stringify({ agents }) };
  return Object.assign(config, ...policies.map((name) => ({ [`${name}.ts`]: fixture(name) })));
}

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/proof/${name}.ts`, import.meta.url), 'utf8');
}

/** A message that the policy stumbles over. */
function provocation(policy: string): string {
  return policy === 'looping-in-message' ? `say: ${SAID}` : sayCoded(SAID);
}

/** The run failed, and nothing from the word on was shown or is served. */
async function expectFailedClosed(stack: StackUnderTest, reader: EventReader, view: RunView): Promise<void> {
  expect(view).toMatchObject({ status: 'failed', content: '' });
  await reader.nextOf(view.run, 'run-end');
  const seen = reader.of(view.run);
  for (const { text, reasoning } of shownTurns(seen).values()) {
    expect(BEFORE.startsWith(text)).toBe(true);
    expect(reasoning).toBe('');
  }
  const { history, events } = readRun(stack.data, view.run);
  expect(events.map(({ data }) => JSON.parse(data))).toEqual(seen);
  const answers = history.filter(({ role }) => role === 'assistant');
  expect(answers.every(({ content, status }) => BEFORE.startsWith(content) && status === 'interrupted')).toBe(true);
}

describe('a policy that fails', () => {
  const shared = sharedStack({ files: filesFor(FAILING) });

  test.each([
    ['throwing', 'it threw Error: stumbled on purpose'],
    ['returning-a-number', 'it returned a number, not a verdict'],
    ['returning-a-promise', 'it returned a promise; a policy answers at once'],
  ])('%s: its run fails closed by its name, and nothing is restarted', async (policy, problem) => {
    const supervisor = stack.pid('supervisor');
    const bystander = new Bystander(stack, reader, policy);
    await bystander.begin();
    const view = await stack.client.ask(policy, { content: provocation(policy) });
    expect(view.reason).toBe(`policy_failed: policy ${policy} failed in onText: ${problem}`);
    expect(bystander.isStreaming()).toBe(true);
    await expectFailedClosed(stack, reader, view);
    await bystander.expectUndisturbed();
    expect(stack.pid('supervisor')).toBe(supervisor);
    expect(await stack.client.ask(policy, { content: 'say: all is well' })).toMatchObject({ status: 'answered' });
  });
});

describe('a policy that does not return', () => {
  const shared = sharedStack({ files: filesFor(HANGING) });

  const isQuarantined = async (policy: string): Promise<boolean | undefined> =>
    (await stack.client.overview()).policies.find(({ name }) => name === policy)?.quarantined;

  let provocations = 0;
  /** With a key, and again when nobody answers: the policy may hang before the message is acknowledged. */
  const provoke = async (policy: string): Promise<RunView> => {
    const name = `provocation-${++provocations}`;
    const message = { content: provocation(policy), chat: name, key: name };
    return stack.client.ended(await stack.client.sendUntilAcknowledged(policy, message));
  };

  /** The supervisor is killed for it and comes back; the run is failed, everybody else goes on. */
  async function expectOffence(policy: string, count: number): Promise<void> {
    const supervisor = stack.pid('supervisor');
    const bystander = new Bystander(stack, reader, `${policy}-${count}`);
    await bystander.begin();
    const view = await provoke(policy);
    expect(view.reason).toMatch(
      new RegExp(
        `^policy_failed: policy ${policy} \\(\\w+\\) (did not return within 500 ms|brought the supervisor down)$`,
      ),
    );
    expect(stack.pid('supervisor')).not.toBe(supervisor);
    await expectFailedClosed(stack, reader, view);
    await bystander.expectUndisturbed();
  }

  /** By the name of the policy, without asking it. */
  async function expectRefused(policy: string): Promise<void> {
    const supervisor = stack.pid('supervisor');
    const view = await provoke(policy);
    expect(view.reason).toMatch(new RegExp(`^policy_quarantined: policy ${policy} `));
    await expectFailedClosed(stack, reader, view);
    expect(stack.pid('supervisor')).toBe(supervisor);
  }

  test.each(HANGING)('%s: fails its run, and is in quarantine after the second time', async (policy) => {
    await expectOffence(policy, 1);
    expect(await isQuarantined(policy)).toBe(false);
    await expectOffence(policy, 2);
    expect(await isQuarantined(policy)).toBe(true);
    await expectRefused(policy);
  });

  test('the quarantine survives a stop and a start, and ends with another version of the file', async () => {
    await stack.stop();
    await stack.start();
    for (const policy of HANGING) await expectRefused(policy);
    await stack.stop();
    for (const policy of HANGING) stack.write(`${policy}.ts`, fixture('mended').replaceAll('NAME', policy));
    await stack.start();
    for (const policy of HANGING) {
      expect(await isQuarantined(policy)).toBe(false);
      const view = await provoke(policy);
      expect(view).toMatchObject({ status: 'answered', interventions: [{ policy, action: 'interject', turn: 1 }] });
      expect(view.content).not.toContain('STUMBLE');
    }
  });
});

test('a policy that does not even load is in quarantine, by its file, and everybody else works', async () => {
  const policy = 'looping-at-load';
  const stack = await startedStack({ files: filesFor([policy]) });
  const reader = stack.reader();
  const supervisor = stack.pid('supervisor');
  const expectRefused = async (): Promise<void> => {
    const view = await stack.client.ask(policy, { content: provocation(policy) });
    expect(view.reason).toMatch(/^policy_quarantined: policy \.\/looping-at-load\.ts /);
    await expectFailedClosed(stack, reader, view);
  };
  await expectRefused();
  const bystander = new Bystander(stack, reader, 'besides');
  await bystander.begin();
  await expectRefused();
  await bystander.expectUndisturbed();
  expect(stack.pid('supervisor')).toBe(supervisor);

  await stack.stop();
  await stack.start();
  await expectRefused();
  await stack.stop();
  stack.write(`${policy}.ts`, fixture('mended').replaceAll('NAME', policy));
  await stack.start();
  expect(await stack.client.ask(policy, { content: provocation(policy) })).toMatchObject({ status: 'answered' });
}, 60_000);
