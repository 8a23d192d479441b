/** Replaying a policy that was active gives no disagreement, whatever it did; and what was secret is nowhere, and unknown. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../../policy/policy.ts';
import type { BacktestReport } from '../../../supervisor/backtest/backtest.ts';
import type { PolicySource } from '../../../supervisor/settings.ts';
import { scriptedModel } from '../../agent/scripted-model.ts';
import { type RunningStack, type StackOptions, sayCoded, startStack } from '../running-stack.ts';
import { policiesOf, recordedTurns, tested } from './replayed.ts';

const KEY = `sk-${'aB3dE6gH9jK2mN5p'.repeat(2)}`;
const SECRETS: PolicySource = { use: 'secrets' };
const ERRORS: PolicySource = { use: 'error-keyword' };
/** Longer than what the policy of secrets holds back. */
const MORE = ' and so on, as ever'.repeat(8);
const NAMES = `{ name: 'names', patterns: ['Alice', 'Bob'], onText: ({ matches }) =>
  matches.map(({ from, to }) => ({ action: 'redact', from, to, mask: 'X.' })) }`;

const whenText = (name: string, word: string, verdict: string): string =>
  `{ name: '${name}', patterns: ['${word}'], onText: ({ match }) => (match === undefined ? undefined : ${verdict}) }`;

/** Each of the policies replayed on what they did together. */
async function replayed(stack: RunningStack, policies: readonly (string | PolicySource)[]): Promise<BacktestReport[]> {
  return (await policiesOf(stack, policies)).map((policy) => tested(stack, policy));
}

function agreeing(reports: readonly BacktestReport[]): void {
  for (const report of reports) {
    const found = report.items.flatMap(({ turn, disagreements }) => disagreements.map((one) => ({ turn, ...one })));
    expect(found, report.policy).toEqual([]);
  }
}

const ANSWERS = [
  'All is well.',
  `Alice and Bob say ERROR and more${MORE}`,
  `The key is ${KEY}, Alice${MORE}`,
  `An ERROR with ${KEY} in it${MORE}`,
  `${KEY}${MORE} halt it, Bob`,
  'well, halt',
];

/** Masks what follows `well`, objects to `Bob`, and waits for a person where it reads `halt`. */
const reviews = (
  when: 'before' | 'after',
): string => `{ name: 'reviews', reviewWhen: '${when}', async review({ text, turn }) {
  if (text.includes('halt')) return { action: 'pause', reason: 'look' };
  if (text.includes('Bob') && turn < 3) return { action: 'interject', text: 'say: well, Alice', from: text.indexOf('Bob') };
  const from = text.indexOf('well');
  return ${when === 'before'} && from >= 0 ? { action: 'redact', from, to: from + 4, mask: '[-]', isSecret: true } : undefined;
} }`;

const SETS: [string, (string | PolicySource)[], Partial<StackOptions>?][] = [
  ['a review before, secrets and redactions', [reviews('before'), SECRETS, NAMES]],
  ['a review after, secrets and redactions', [SECRETS, NAMES, reviews('after')]],
  [
    'a review before, and a cut',
    [ERRORS, SECRETS, reviews('before')],
    { agents: [{ name: 'assistant', resume: 'continue' }] },
  ],
  [
    'a review after, and a cut',
    [reviews('after'), ERRORS, NAMES],
    { agents: [{ name: 'assistant', resume: 'continue' }] },
  ],
  ['secrets', [SECRETS]],
  ['redactions', [NAMES]],
  ['secrets and a cut', [SECRETS, ERRORS]],
  ['a cut and redactions', [ERRORS, NAMES]],
  ['secrets, redactions and repetition', [SECRETS, NAMES, { use: 'repetition', options: { words: 2, repeats: 3 } }]],
  ['a pause', [whenText('asks', 'halt', `{ action: 'pause', reason: 'r' }`), SECRETS]],
  ['a termination at the end', [whenText('ends', 'halt', `{ action: 'block', reason: 'r' }`), NAMES]],
  ['a budget', [{ use: 'budget', options: { run: { tokens: 20 } } }]],
  ['a budget of a chat, and redactions', [{ use: 'budget', options: { chat: { tokens: 60 } } }, NAMES]],
  [
    'several verdicts at once',
    [
      `{ name: 'many', patterns: ['Alice', 'halt'], onText: ({ matches }) => matches.map(({ pattern, from, to }) =>
        pattern === 'Alice' ? { action: 'redact', from, to, mask: '' } : { action: 'cut', reason: 'r', from }) }`,
    ],
  ],
  [
    'the end of a turn, with everything held back',
    [
      `{ name: 'late', holdback: 'turn', onTurnEnd: ({ text }) => text.includes('Bob') ? [
      { action: 'redact', from: 0, to: 2, mask: '--' }, { action: 'interject', text: 'no Bob', from: 5 }] : undefined }`,
    ],
  ],
  [
    'a cut at what another policy calls secret',
    [SECRETS, whenText('hates', 'aB3dE6gH9j', `{ action: 'cut', reason: 'r' }`)],
  ],
  [
    'a policy that throws, with secrets',
    [`{ name: 'broken', onText: ({ text }) => { if (text.includes('halt')) throw new Error('x'); } }`, SECRETS],
  ],
  [
    'a policy that may be passed over',
    [
      `{ name: 'loose', onFailure: 'open', onText: ({ text }) => { if (text.includes('halt')) throw new Error('x'); } }`,
    ],
  ],
  ['answers that go on', [ERRORS, NAMES], { agents: [{ name: 'assistant', resume: 'continue' }] }],
  ['answers that go on, with secrets', [SECRETS, ERRORS], { agents: [{ name: 'assistant', resume: 'continue' }] }],
];

test.each(SETS)('%s', async (_what, policies, options) => {
  const stack = await startStack({ ...options, policies });
  for (const [index, answer] of ANSWERS.entries()) {
    const run = await stack.say(sayCoded(answer), { chat: `c${index % 2}` });
    const events = await stack.eventsUntil({ run }, ({ type }) => type === 'run-end' || type === 'run-paused');
    const last = events.at(-1);
    if (last?.type === 'run-paused')
      await stack.supervisor.decideApproval(String(last.approval), { decision: 'approve' });
  }
  const reports = await replayed(stack, policies);
  agreeing(reports);
  expect(recordedTurns(stack).length).toBeGreaterThanOrEqual(ANSWERS.length);
  expect(reports.some(({ flagged, passedOver, secrets }) => flagged + passedOver + secrets > 0)).toBe(true);
});

const MESSAGES: [string, string[]][] = [
  [
    'masks',
    [
      `{ name: 'masks', onMessage: ({ content }) => {
    const from = content.indexOf('Alice');
    return from < 0 ? undefined : { action: 'redact', from, to: from + 5, mask: 'A.' };
  } }`,
    ],
  ],
  [
    'corrections, and a refusal by another one',
    [
      `{ name: 'corrects', onMessage: () => [{ action: 'interject', text: 'be kind' }, { action: 'interject', text: 'be brief' }] }`,
      `{ name: 'refuses', onMessage: ({ content }) => content.includes('Alice') ? { action: 'block', reason: 'r' } : undefined }`,
      `{ name: 'silent', onMessage: ({ content }) => content.includes('Alice') ? { action: 'cut', reason: 'never' } : undefined }`,
    ],
  ],
  [
    'a pause',
    [
      `{ name: 'asks', onMessage: ({ content }) => content.includes('Alice') ? { action: 'pause', reason: 'r' } : undefined }`,
    ],
  ],
  [
    'a failure',
    [
      `{ name: 'broken', onMessage: ({ content }) => { if (content.includes('Alice')) throw new Error('x'); } }`,
      `{ name: 'after', onMessage: ({ content }) => content.includes('Alice') ? { action: 'block', reason: 'r' } : undefined }`,
    ],
  ],
];

test.each(MESSAGES)('messages: %s', async (_what, policies) => {
  const stack = await startStack({ policies });
  await stack.ask('say: all is well');
  const run = await stack.say('say: hello Alice, how is Bob');
  const last = (await stack.eventsUntil({ run }, ({ type }) => type === 'run-end' || type === 'run-paused')).at(-1);
  if (last?.type === 'run-paused') await stack.supervisor.decideApproval(String(last.approval), { decision: 'refuse' });
  const reports = await replayed(stack, policies);
  agreeing(reports);
  expect(reports[0]?.flagged).toBeGreaterThan(0);
});

test('a message with a secret and a name: the name is compared, the secret is unknown', async () => {
  const names = `{ name: 'names', onMessage: ({ content }) => {
    const from = content.indexOf('Alice');
    return from < 0 ? undefined : { action: 'redact', from, to: from + 5, mask: 'A.', reason: content };
  } }`;
  const stack = await startStack({ policies: [SECRETS, names] });
  const { interventions } = await stack.ask(`say: ${KEY} is of Alice`);
  expect(JSON.stringify(interventions)).toContain('is of Alice');
  expect(JSON.stringify(interventions)).not.toContain(KEY);
  const [secrets, named] = await replayed(stack, [SECRETS, names]);
  agreeing([secrets as BacktestReport, named as BacktestReport]);
  expect(named?.items[0]).toMatchObject({
    turn: 0,
    secrets: 1,
    decisions: [{ action: 'redact', from: 47, to: 52, mask: 'A.' }],
  });
  const silent: Policy = { name: 'names', onText: () => undefined };
  expect(tested(stack, silent).items[0]?.disagreements).toMatchObject([
    { kind: 'missed', decided: { from: 47, to: 52 } },
  ]);
});

test('a failed turn that a policy objected to, a correction by a person, reasoning', async () => {
  const model = await scriptedModel('scripted', 'by hand');
  const policies = [NAMES, `{ name: 'minds', onError: ({ code }) => ({ action: 'cut', reason: code }) }`];
  const stack = await startStack({ backend: model.definition, policies });
  const failed = await stack.say('hello', { chat: 'failed' });
  (await model.call()).refuse(400, 'no');
  await stack.wait(failed);
  const corrected = await stack.say('hello', { chat: 'corrected' });
  const call = await model.call();
  call.accept();
  call.think('Alice thinks of ');
  call.say('Well, Bob is');
  await stack.event(corrected, 'text-delta');
  await stack.supervisor.interject('assistant', 'corrected', 'say it again');
  const second = await model.call();
  second.accept();
  second.think('Bob');
  second.say('Alice');
  second.finish();
  await stack.wait(corrected);
  const reports = await replayed(stack, policies);
  agreeing(reports);
  expect(reports[0]?.items.flatMap(({ decisions }) => decisions)).toMatchObject([
    { channel: 'reasoning', from: 0, to: 5 },
    { channel: 'text', from: 6, to: 9 },
    { channel: 'reasoning', from: 0, to: 3 },
    { channel: 'text', from: 0, to: 5 },
  ]);
});

test('a turn that a restart of the supervisor falls into, with redactions, a secret and a cut after it', async () => {
  const model = await scriptedModel('scripted', 'at once', 'continues');
  const policies = [SECRETS, NAMES, ERRORS];
  const agents = [{ name: 'assistant', resume: 'continue' as const }];
  const stack = await startStack({ backend: model.definition, policies, agents });
  const run = await stack.say('hello');
  const call = await model.call();
  call.say(`Alice has ${KEY} and so on${MORE} ERROR`);
  const second = await model.call();
  second.say(` and Bob has ${KEY}, too${MORE}`);
  await stack.eventsUntil(
    { run },
    ({ type, turn, policy }) => type === 'intervention' && turn === 2 && policy === 'secrets',
  );
  await stack.stopSupervisor();
  await stack.startSupervisor();
  second.say(`Alice${MORE} ERROR`);
  const third = await model.call();
  third.say(' Bob');
  third.finish();
  expect((await stack.wait(run)).status).toBe('answered');
  const [first, resumed, last] = recordedTurns(stack).map(({ streams: [stream] }) => stream);
  expect(first).toMatchObject({ origin: 0, resumed: 0, secrets: [{ from: 10, to: 10 + KEY.length }] });
  expect(resumed?.origin).toBeGreaterThan(0);
  expect(resumed?.resumed).toBeGreaterThan(KEY.length);
  expect(resumed?.secrets).toHaveLength(1);
  const { from = 0, to = 0 } = resumed?.secrets[0] ?? {};
  expect(resumed?.text.slice(from - 8, to)).toBe(`Bob has ${'█'.repeat(KEY.length)}`);
  expect(last?.origin).toBeGreaterThan(resumed?.origin ?? 0);
  agreeing(await replayed(stack, policies));
});

describe('what was secret', () => {
  /** Everything that the folder of the database holds. */
  const bytes = ({ folder }: RunningStack): string =>
    readdirSync(folder)
      .filter((name) => name.startsWith('interject.db'))
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('');

  const reviewed = (body: string, when = 'before'): string =>
    `{ name: 'reviewed', reviewWhen: '${when}', async review({ text }) { ${body} } }`;

  const SETS: [string, (string | PolicySource)[]][] = [
    ['shown as a mask', [SECRETS]],
    ['withheld after a cut', [SECRETS, ERRORS]],
    ['withheld by a policy that comes first', [ERRORS, SECRETS]],
    ['in a turn that another policy fails at', [whenText('broken', 'zzz', `null`).replace('null', 'x.y'), SECRETS]],
    ['reviewed, and waiting for a person', [SECRETS, reviewed('return { action: "pause", reason: text }')]],
    ['reviewed, and corrected for', [SECRETS, reviewed('return { action: "interject", text }', 'after')]],
    [
      'in the reason of a mask',
      [SECRETS, reviewed(`return { action: 'redact', from: 3, to: 4, mask: 'R', reason: text }`)],
    ],
    ['in the words of a review that fails', [SECRETS, reviewed('throw new Error(text)')]],
    [
      'in the words of a policy that fails',
      [`{ name: 'fails', onTurnEnd: ({ text }) => { throw new Error(text); } }`, SECRETS],
    ],
    ['waiting for a person', [SECRETS, whenText('asks', 'ERROR', `{ action: 'pause', reason: 'r' }`)]],
  ];

  test.each(SETS)('is nowhere in the bytes of the database: %s', async (_what, policies) => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition, policies });
    const run = await stack.say('hello');
    const call = await model.call();
    call.say(`An ERROR zzz with ${KEY} in it, and ${KEY}`);
    call.finish();
    await stack.eventsUntil({ run }, ({ type }) => ['run-end', 'run-paused', 'turn-cut'].includes(type));
    stack.engine.bench.recorder.flush();
    const [turn] = recordedTurns(stack);
    expect(turn?.streams[0]?.text).toMatch(/^An ERROR zzz with █+/);
    expect(turn?.streams[0]?.text).toHaveLength(`An ERROR zzz with ${KEY} in it, and ${KEY}`.length);
    expect(turn?.streams[0]?.secrets[0]).toEqual({ from: 18, to: 18 + KEY.length });
    expect(bytes(stack)).not.toContain(KEY.slice(0, 16));
    expect(bytes(stack)).toContain('An ERROR zzz with');
  });

  test('is unknown to the policy that cut because of it', async () => {
    const model = await scriptedModel();
    const policies = [SECRETS, whenText('hates', KEY, `{ action: 'cut', reason: 'r' }`)];
    const stack = await startStack({ backend: model.definition, policies });
    const run = await stack.say('hello');
    (await model.call()).say(`It is ${KEY} as ever`);
    expect((await stack.wait(run)).status).toBe('stopped');
    const reports = await replayed(stack, policies);
    agreeing(reports);
    expect(reports[1]?.items).toMatchObject([{ turn: 1, decisions: [], isUnknown: true, secrets: 1 }]);
  });

  test('is unknown to a candidate: no disagreement there, and a run that was marked as bad is not called missed', async () => {
    const stack = await startStack({ policies: [SECRETS] });
    const { run } = await stack.ask(sayCoded(`Hello Bob, ${KEY} is it`));
    await stack.supervisor.labelRun(run, { label: 'bad' });
    const silent: Policy = { name: 'secrets', onText: () => undefined };
    expect(tested(stack, silent)).toMatchObject({ disagreements: 0, secrets: 1, missed: [], uncertain: [run] });
    const early: Policy = {
      ...{ name: 'early', patterns: ['Bob'] },
      onText: ({ match }) => (match === undefined ? undefined : { action: 'cut', reason: 'r' }),
    };
    expect(tested(stack, early)).toMatchObject({ disagreements: 1, uncertain: [] });
  });
});

test('a redaction at another place, and one that is missing, are disagreements', async () => {
  const stack = await startStack({ policies: [NAMES] });
  await stack.ask(sayCoded('Say Alice and Bob'));
  const other: Policy = {
    ...{ name: 'names', patterns: ['Alice'] },
    onText: ({ matches }) => matches.map(({ from, to }) => ({ action: 'redact', from: from + 1, to, mask: '-' })),
  };
  expect(tested(stack, other).items.flatMap(({ disagreements }) => disagreements)).toMatchObject([
    { kind: 'place', candidate: { from: 5, to: 9, mask: '-' }, decided: { from: 4, to: 9 } },
    { kind: 'missed', decided: { from: 14, to: 17 } },
  ]);
});

test('a policy is asked about its agents only', async () => {
  const stack = await startStack({ policies: [] });
  await stack.ask('say: ERROR', { agent: 'analyst' });
  const policy: Policy = { name: 'p', agents: ['assistant'], onMessage: () => ({ action: 'block', reason: 'r' }) };
  expect(tested(stack, policy)).toMatchObject({ messages: 1, flagged: 0, disagreements: 0 });
});
