/** Policy files that are saved while the stack runs: what begins then is judged by what was saved, nothing that goes on is lost. */
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PolicyView } from '../../supervisor/service.ts';
import type { EventReader, SeenEvent } from './event-reader.ts';
import { sayCoded } from './messages.ts';
import { type StackUnderTest, startedStack } from './stack-under-test.ts';
import { until } from './until.ts';

const WORDS = Array.from({ length: 60 }, (_, index) => index).join(' ');

/** Refuses what holds a word that another file knows. */
const POLICY = `import { word } from './word.ts';
export default { name: 'mine', patterns: [word], onText: ({ match }) => match && { action: 'cut', reason: match.pattern } };`;
const word = (text: string): string => `export const word: string = '${text}';`;

async function started(): Promise<{ stack: StackUnderTest; reader: EventReader }> {
  const configuration = { agents: [{ name: 'judged', policies: ['./mine.ts'] }] };
  const files = { 'agents.config.json': JSON.stringify(configuration), 'mine.ts': POLICY, 'word.ts': word('FIRST') };
  const stack = await startedStack({ files });
  return { stack, reader: stack.reader() };
}

async function mine({ client }: StackUnderTest): Promise<PolicyView> {
  const { policies } = (await client.get<{ policies: PolicyView[] }>('/policies')).body;
  return policies[0] as PolicyView;
}

/** Saves a file; resolves with the event that tells what came of it. */
async function saved(stack: StackUnderTest, reader: EventReader, name: string, text: string): Promise<SeenEvent> {
  const before = policyEvents(reader).length;
  stack.write(name, text);
  await until(`news of ${name}`, () => policyEvents(reader).length > before);
  return policyEvents(reader).at(-1) as SeenEvent;
}

function policyEvents(reader: EventReader): SeenEvent[] {
  return reader.events.filter(({ type }) => type === 'policy');
}

async function says(stack: StackUnderTest, text: string): Promise<string> {
  const { status } = await stack.client.ask('judged', { content: sayCoded(text), chat: `${text} ${Math.random()}` });
  return status;
}

test('what a policy imports is saved: the next turn is judged by it, while a stream goes on under the version it began with', async () => {
  const { stack, reader } = await started();
  const supervisor = stack.pid('supervisor');
  expect(await says(stack, 'FIRST')).toBe('stopped');
  const old = await mine(stack);
  expect(old).toMatchObject({ use: './mine.ts', agents: ['judged'], onFailure: 'closed', quarantined: false });
  expect(old).toMatchObject({ verdicts: { cut: 1, interject: 0 }, failures: 0 });

  await stack.client.simulate({ tokensPerSecond: 20 });
  const run = await stack.client.send('judged', { content: sayCoded(`${WORDS} SECOND. FIRST!`) });
  await reader.nextOf(run, 'text-delta');
  await stack.client.simulate({ tokensPerSecond: 0 });
  expect(await saved(stack, reader, 'word.ts', word('SECOND'))).toMatchObject({ policy: 'mine', state: 'loaded' });
  expect((await mine(stack)).version).not.toBe(old.version);
  expect(reader.of(run).some(({ type }) => type === 'run-end')).toBe(false);
  expect([await says(stack, 'FIRST'), await says(stack, 'SECOND')]).toEqual(['answered', 'stopped']);
  expect(await stack.client.ended(run)).toMatchObject({ status: 'stopped', interventions: [{ reason: 'FIRST' }] });
  expect(stack.pid('supervisor')).toBe(supervisor);
  await stack.assertNoOrphans();
});

test('what does not load leaves the old version in force and says so, until it is mended', async () => {
  const { stack, reader } = await started();
  const supervisor = stack.pid('supervisor');
  const { version } = await mine(stack);
  const broken: [text: string, reason: string][] = [
    ['export default {', 'mine.ts:1'],
    ['throw new Error("on strike")', 'on strike'],
    ['export default { name: "mine" }', 'none of the hooks'],
    ['process.exit(1)', 'it ended its process while it was loaded'],
    ['for (;;);', 'it did not return within 3 s while it was loaded'],
  ];
  for (const [text, reason] of broken) {
    const event = await saved(stack, reader, 'mine.ts', text);
    expect(event).toMatchObject({ state: 'not-loaded', reason: expect.stringContaining(reason) });
    expect(await mine(stack)).toMatchObject({ version, problem: expect.stringContaining(reason) });
  }
  expect(await says(stack, 'FIRST')).toBe('stopped');
  stack.write('mine.ts', 'export default {\n  name: 1 2');
  await until('the problem', async () => (await mine(stack)).problem?.includes('mine.ts:2'));
  // Its message has several lines; the table of policies keeps its columns, and the problem has a line.
  expect(await stack.status()).toMatch(
    /mine +\w{16} +in force, not as saved +1 cut +0\n {2}mine: what was saved last does not load: .*mine\.ts:2:.*\n/,
  );
  const news = policyEvents(reader).length;
  stack.write('mine.ts', POLICY);
  await until('the end of the problem', async () => (await mine(stack)).problem === undefined);
  expect((await mine(stack)).version).toBe(version);
  expect(policyEvents(reader)).toHaveLength(news);
  expect(stack.pid('supervisor')).toBe(supervisor);
  await stack.assertNoOrphans();
});

test('a supervisor that is killed comes back with the version in force; turns go on under the one they began with', async () => {
  const { stack, reader } = await started();
  await stack.client.simulate({ tokensPerSecond: 20 });
  const run = await stack.client.send('judged', { content: sayCoded(`${WORDS} SECOND. FIRST!`) });
  await reader.nextOf(run, 'text-delta');
  await saved(stack, reader, 'word.ts', word('SECOND'));
  await saved(stack, reader, 'mine.ts', 'throw new Error("on strike")');
  const { version } = await mine(stack);
  const supervisor = stack.pid('supervisor');
  stack.kill('supervisor');
  await until('another supervisor', () => ![0, supervisor].includes(stack.pid('supervisor')));
  await stack.ready();
  expect((await mine(stack)).version).toBe(version);
  await until('the problem to be seen again', async () => (await mine(stack)).problem?.includes('on strike'));
  await stack.client.simulate({ tokensPerSecond: 200 });
  expect(await stack.client.ended(run)).toMatchObject({ status: 'stopped', interventions: [{ reason: 'FIRST' }] });
  expect(await says(stack, 'SECOND')).toBe('stopped');

  // What is saved while nobody looks is seen by the next supervisor.
  const next = stack.pid('supervisor');
  stack.kill('supervisor');
  stack.write('mine.ts', POLICY);
  stack.write('word.ts', word('THIRD'));
  await until('another supervisor', () => ![0, next].includes(stack.pid('supervisor')));
  await stack.ready();
  await until('the version that was saved', async () => (await mine(stack)).version !== version);
  expect([await says(stack, 'SECOND'), await says(stack, 'THIRD')]).toEqual(['answered', 'stopped']);

  await stack.stop();
  expect(readdirSync(join(stack.data, 'policies'))).toContain('in-force.json');
  stack.write('word.ts', word('FIRST'));
  await stack.start();
  expect([await says(stack, 'FIRST'), await says(stack, 'THIRD')]).toEqual(['stopped', 'answered']);
});

test('a version in quarantine is named, left alone when it is saved again, and released by a person', async () => {
  const { stack, reader } = await started();
  const looping = readFileSync(new URL('../fixtures/proof/looping-in-text.ts', import.meta.url), 'utf8');
  const stumble = async (): Promise<string | undefined> => {
    const key = String(Math.random());
    const run = await stack.client.sendUntilAcknowledged('judged', { content: sayCoded('STUMBLE'), chat: key, key });
    return (await stack.client.ended(run)).reason;
  };
  await saved(stack, reader, 'mine.ts', looping);
  const { name, version } = await mine(stack);
  expect(await stumble()).toContain('did not return within 500 ms');
  expect(await stumble()).toContain('did not return within 500 ms');
  await until('the quarantine to be told', () => policyEvents(reader).at(-1)?.state === 'quarantined');
  expect(await stumble()).toContain('policy_quarantined');
  await stack.ready();
  expect(await mine(stack)).toMatchObject({ name, version, quarantined: true });
  expect(await stack.status()).toContain(`release it: POST /policies/${name}/release`);

  expect(await saved(stack, reader, 'mine.ts', POLICY)).toMatchObject({ state: 'loaded', policy: 'mine' });
  expect(await saved(stack, reader, 'mine.ts', looping)).toMatchObject({ state: 'not-loaded', version });
  expect(await mine(stack)).toMatchObject({ name: 'mine', problem: expect.stringContaining('in quarantine') });
  await stack.stop();
  await stack.start();
  expect(await mine(stack)).toMatchObject({ name, version, quarantined: true });
  const released = await stack.client.post<PolicyView>(`/policies/${name}/release`, {});
  expect(released).toMatchObject({ status: 200, body: { name, version, quarantined: false } });
  const again = await stack.client.post<{ error: { code: string } }>(`/policies/${name}/release`, {});
  expect([again.status, again.body.error.code]).toEqual([409, 'not_quarantined']);
  expect(await says(stack, 'nothing bad')).toBe('answered');
});

test('what a policy looks for and is not there yet, and a folder that is made anew, are waited for', async () => {
  const { stack, reader } = await started();
  const policy = POLICY.replace('./word.ts', './words/word.ts');
  expect(await saved(stack, reader, 'mine.ts', policy)).toMatchObject({ state: 'not-loaded' });
  const words = join(stack.folder, 'words');
  mkdirSync(words);
  expect(await saved(stack, reader, 'words/word.ts', word('SECOND'))).toMatchObject({ state: 'loaded' });
  expect(await says(stack, 'SECOND')).toBe('stopped');

  renameSync(words, join(stack.folder, 'other'));
  await until('the problem', async () => (await mine(stack)).problem?.includes('words/word.ts'));
  mkdirSync(words);
  stack.write('words/word.ts', word('THIRD'));
  await until('the end of the problem', async () => (await mine(stack)).problem === undefined);
  expect([await says(stack, 'SECOND'), await says(stack, 'THIRD')]).toEqual(['answered', 'stopped']);
});
