/** The verdict `terminate`, with real processes: the agent is stopped, what waits is kept, also over a restart of the supervisor. */
import { expect, test } from 'vitest';
import { startedStack } from './stack-under-test.ts';
import { until } from './until.ts';

const POLICY = `export default { name: 'guards', onMessage: ({ content }) =>
  content.includes('STOP') ? { action: 'terminate', reason: 'out of hand' } : undefined };`;

test('what waits for a terminated agent is answered when a person restarts it', async () => {
  const configuration = { agents: [{ name: 'judged', policies: ['./guards.ts'] }] };
  const files = { 'agents.config.json': JSON.stringify(configuration), 'guards.ts': POLICY };
  const stack = await startedStack({ files, flags: ['--slots', '1'] });
  const { client } = stack;
  const contents = ['STOP', 'say: one', 'say: two'];
  const runs = await Promise.all(
    contents.map((content) => client.send('judged', { content, chat: content.slice(-3) })),
  );
  const isStopped = async (): Promise<boolean> => (await client.overview()).agents[0]?.state === 'stopped';
  await until('the end of the agent', isStopped);
  expect(await stack.status()).toContain('restart it on the page, or with POST /agents/judged/restart');

  const supervisor = stack.pid('supervisor');
  stack.kill('supervisor');
  await until('another supervisor', () => ![0, supervisor].includes(stack.pid('supervisor')));
  await stack.ready();
  await until('the agent to be known as stopped', isStopped);
  await client.post('/agents/judged/restart', {});
  const views = await Promise.all(runs.map((run) => client.ended(run)));
  expect(views).toMatchObject([
    { status: 'blocked', reason: 'guards: out of hand' },
    { status: 'answered', content: 'one' },
    { status: 'answered', content: 'two' },
  ]);
}, 60_000);
