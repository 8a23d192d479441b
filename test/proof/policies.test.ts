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
import { until } from './until.ts';

/** The word that every policy here stumbles over, and what comes before it. */
const BEFORE = 'This may be shown. ';
const SAID = `${BEFORE}STUMBLE and on it goes.`;

describe('a policy that fails', () => {
  const policies = ['throwing', 'returning-a-number', 'returning-a-promise', 'leaving-loose-ends'];
  const shared = sharedStack({ files: filesFor(policies) });

  test.each([
    ['throwing', 'it threw Error'],
    ['returning-a-number', 'it returned a number, not a verdict'],
    ['returning-a-promise', 'it returned a promise; a policy answers at once'],
  ])('%s: fails its run by its name, and nothing is restarted', async (policy, problem) => {
    const stack = shared();
    const reader = stack.reader();
    const supervisor = stack.pid('supervisor');
    const bystander = new Bystander(stack, reader, policy, 1);
    await bystander.begin();
    const view = await provoke(stack, policy);
    expect(view.reason).toBe(`policy_failed: policy ${policy} failed in onText: ${problem}`);
    await expectFailedClosed(stack, reader, view);
    await bystander.expectUndisturbed();
    expect(stack.pid('supervisor')).toBe(supervisor);
    expect(await stack.client.ask(policy, { content: 'say: all is well' })).toMatchObject({ status: 'answered' });
  });

  test('leaving-loose-ends: what it has started fails later; its verdict stands, and nothing is restarted', async () => {
    const stack = shared();
    const supervisor = stack.pid('supervisor');
    expect(await provoke(stack, 'leaving-loose-ends')).toMatchObject({ status: 'answered', content: SAID });
    const logged = (problem: string, policy?: string): boolean =>
      stack.log().some((line) => line.problem === problem && line.policy === policy);
    await until('a promise to be rejected', () => logged('it threw Error', './leaving-loose-ends.ts'));
    await until('a timer to throw', () => logged('it threw RangeError', './leaving-loose-ends.ts'));
    await until('a request to fail', () => logged('it threw TypeError'));
    expect(stack.pid('supervisor')).toBe(supervisor);
  });
});

test.each(['looping-in-text', 'looping-in-message', 'filling-the-heap'])(
  'a policy that does not return, %s: fails its run; the second time it is put into quarantine until the file changes',
  async (policy) => {
    const stack = await startedStack({ files: filesFor([policy]) });
    const reader = stack.reader();
    await expectOffence(stack, reader, policy);
    expect(await isQuarantined(stack, policy)).toBe(false);
    await expectOffence(stack, reader, policy);
    expect(await isQuarantined(stack, policy)).toBe(true);
    await expectRefused(stack, reader, policy, policy);

    await stack.stop();
    await stack.start();
    await expectRefused(stack, reader, policy, policy);
    await expectMendable(stack, policy);
  },
);

test('a policy that does not even get loaded is in quarantine by its file, and everybody else works', async () => {
  const policy = 'looping-at-load';
  const stack = await startedStack({ files: filesFor([policy]) });
  const reader = stack.reader();
  const bystander = new Bystander(stack, reader, 'beside', 1);
  await bystander.begin();
  await expectRefused(stack, reader, policy, `./${policy}.ts`);
  await bystander.expectUndisturbed();

  await stack.stop();
  await stack.start();
  await expectRefused(stack, reader, policy, `./${policy}.ts`);
  await expectMendable(stack, policy);
});

/** One agent for each policy, named like it, and one that nobody judges. */
function filesFor(policies: readonly string[]): Record<string, string> {
  const judged = policies.map((name) => ({ name, policies: [`./${name}.ts`] }));
  const agents = [...judged, { name: BYSTANDER, policies: [] }];
  const files = policies.map((name) => [`${name}.ts`, fixture(name)] as const);
  return { 'agents.config.json': JSON.stringify({ agents }), ...Object.fromEntries(files) };
}

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/proof/${name}.ts`, import.meta.url), 'utf8');
}

let provocations = 0;

/**
 * Sends a message over which the policy stumbles; resolves with the run when it has ended. It is sent again when nobody answers, for the
 * policy may hang before the message is acknowledged.
 */
async function provoke(stack: StackUnderTest, policy: string): Promise<RunView> {
  const name = `provocation-${++provocations}`;
  const content = policy === 'looping-in-message' ? `say: ${SAID}` : sayCoded(SAID);
  const run = await stack.client.sendUntilAcknowledged(policy, { content, chat: name, key: name });
  return stack.client.ended(run);
}

/** The supervisor is killed for it and comes back; the run is failed, everybody else goes on. */
async function expectOffence(stack: StackUnderTest, reader: EventReader, policy: string): Promise<void> {
  const supervisor = stack.pid('supervisor');
  const bystander = new Bystander(stack, reader, `beside-${provocations}`, 2);
  await bystander.begin();
  const view = await provoke(stack, policy);
  const problem = '(did not return within 500 ms|brought the supervisor down)';
  expect(view.reason).toMatch(new RegExp(`^policy_failed: policy ${policy} \\(\\w+\\) ${problem}$`));
  expect(stack.pid('supervisor')).not.toBe(supervisor);
  await expectFailedClosed(stack, reader, view);
  await bystander.expectContinued();
}

/** By the name of the policy, without asking it. */
async function expectRefused(
  stack: StackUnderTest,
  reader: EventReader,
  policy: string,
  knownAs: string,
): Promise<void> {
  const supervisor = stack.pid('supervisor');
  const view = await provoke(stack, policy);
  expect(view.reason?.startsWith(`policy_quarantined: policy ${knownAs} (`)).toBe(true);
  await expectFailedClosed(stack, reader, view);
  expect(stack.pid('supervisor')).toBe(supervisor);
}

/** Another version of the file is judged anew, and judges. */
async function expectMendable(stack: StackUnderTest, policy: string): Promise<void> {
  await stack.stop();
  stack.write(`${policy}.ts`, fixture('mended').replaceAll('NAME', policy));
  await stack.start();
  expect(await isQuarantined(stack, policy)).toBe(false);
  const view = await provoke(stack, policy);
  expect(view).toMatchObject({ status: 'answered', interventions: [{ policy, action: 'interject', turn: 1 }] });
  expect(view.content).not.toContain('STUMBLE');
}

async function isQuarantined({ client }: StackUnderTest, policy: string): Promise<boolean | undefined> {
  return (await client.overview()).policies.find(({ name }) => name === policy)?.quarantined;
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
