/** What is redacted in an answer: nobody sees it, nothing keeps it, and the run goes on as if nothing had happened. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { connectTo } from '../store/temporary-store.ts';
import { type RunningStack, sayCoded, shownText, startStack } from './running-stack.ts';

const KEY = `sk-${'aB3dE6gH9jK2mN5p'.repeat(2)}`;
const SECRETS = [{ use: 'secrets' }];
/** Longer than what the policy holds back. */
const MORE = ' and so on'.repeat(12);
const NAMES = `{ name: 'names', holdback: 8, onText: ({ text }) =>
  [...text.matchAll(/Alice/g)].map(({ index }) => ({ action: 'redact', from: index, to: index + 5, mask: 'A.' })) }`;

function rows(stack: RunningStack): Record<string, unknown>[] {
  const columns = 'turn, policy, action, reason, channel, shown_offset, raw_from, raw_to, withheld';
  const more = 'withheld_hash, withheld_length, mask_length, latency_ms';
  return connectTo(join(stack.folder, 'interject.db'))
    .prepare<[], Record<string, unknown>>(`select ${columns}, ${more} from intervention order by id`)
    .all();
}

/** All that the store holds, besides the message that carries it in another form. */
function stored(stack: RunningStack): string {
  const database = connectTo(join(stack.folder, 'interject.db'));
  const tables = ['run', 'turn', 'chat_history', 'intervention', 'event', 'inbox'];
  return JSON.stringify(tables.map((table) => database.prepare(`select * from ${table}`).all()));
}

/** Whether these bytes are in any file of the folder, in use there or not. */
function filesHold(folder: string, text: string): boolean {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.some(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(text));
}

describe('a secret in an answer', () => {
  test('is masked for readers, in the history and for the model; only its hash and length are kept', async () => {
    const stack = await startStack({ policies: SECRETS });
    const view = await stack.ask(sayCoded(`The key is ${KEY}, keep it.`));
    const shown = 'The key is [redacted openai-key], keep it.';
    expect(view).toMatchObject({ status: 'answered', content: shown });
    const events = await stack.eventsOf(view.run);
    expect(shownText(events, 1)).toBe(shown);
    expect(events.filter(({ type }) => type === 'intervention')).toMatchObject([
      { policy: 'secrets', action: 'redact', reason: 'openai-key', turn: 1, offset: 11 },
    ]);
    await stack.ask('say: fine');
    expect(stack.calls('say: fine')[0]?.messages[1]).toEqual({ role: 'assistant', content: shown });
    expect(rows(stack)).toEqual([
      {
        ...{ turn: 1, policy: 'secrets', action: 'redact', reason: 'openai-key', channel: 'text', shown_offset: 11 },
        ...{ raw_from: 11, raw_to: 11 + KEY.length, withheld: '', withheld_length: KEY.length, mask_length: 21 },
        withheld_hash: stack.engine.hash.of(KEY),
        latency_ms: expect.any(Number),
      },
    ]);
    expect(stored(stack)).not.toContain(KEY.slice(0, 12));
    for (const call of stack.calls()) expect(JSON.stringify(call.messages)).not.toContain(KEY);
  });

  test('ten times: none of them counts as an objection', async () => {
    const stack = await startStack({ policies: SECRETS });
    const view = await stack.ask(sayCoded(Array(10).fill(KEY).join(' ')));
    expect(view).toMatchObject({ status: 'answered', content: Array(10).fill('[redacted openai-key]').join(' ') });
    expect(view.interventions).toHaveLength(10);
  });

  test('of which the end is withheld by another policy: it is masked in what was withheld, too', async () => {
    const stack = await startStack({ policies: [...SECRETS, { use: 'error-keyword' }] });
    const view = await stack.ask(sayCoded(`An ERROR with ${KEY} in it${MORE}`));
    expect(view.status).toBe('answered');
    expect(stored(stack)).not.toContain(KEY.slice(0, 12));
    expect(rows(stack)[0]).toMatchObject({ action: 'interject', channel: 'text', latency_ms: expect.any(Number) });
  });

  test('in the reasoning is masked there', async () => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition, policies: SECRETS });
    const run = await stack.say('hello');
    const call = await model.call();
    call.think(`hm, ${KEY} `);
    call.say('Hi');
    call.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
    expect(shownText(await stack.eventsOf(run), 1, 'reasoning')).toBe('hm, [redacted openai-key] ');
    expect(rows(stack)).toMatchObject([{ channel: 'reasoning', shown_offset: 4, raw_from: 4 }]);
  });
});

describe('a secret in a message', () => {
  const SAY = `say: hello ${KEY} there`;
  const MASKED = 'say: hello [redacted openai-key] there';

  test('is masked for the model, in the history and in what readers get; the same key still finds the run', async () => {
    const stack = await startStack({ policies: SECRETS });
    const view = await stack.ask(SAY, { key: 'once' });
    expect(view).toMatchObject({ status: 'answered', content: 'hello [redacted openai-key] there' });
    expect(stack.calls().map(({ messages }) => messages)).toEqual([[{ role: 'user', content: MASKED }]]);
    const events = await stack.eventsOf(view.run);
    expect(events[0]).toMatchObject({ type: 'message-received', content: MASKED, key: 'once' });
    expect(rows(stack)).toMatchObject([
      { turn: 0, action: 'redact', shown_offset: 11, raw_from: 11, raw_to: 11 + KEY.length, withheld: '' },
    ]);
    expect(stored(stack)).not.toContain(KEY.slice(0, 12));
    expect(await stack.say(SAY, { key: 'once' })).toBe(view.run);
    await expect(stack.say(MASKED, { key: 'once' })).rejects.toMatchObject({ code: 'key_conflict' });
    await stack.ask('say: next');
    expect(stack.calls('say: next')[0]?.messages[0]?.content).toBe(MASKED);
  });

  test('that waited, so that readers had it already, is not kept either', async () => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition, policies: SECRETS });
    const [first, second] = [await stack.say('first'), await stack.say(SAY)];
    expect(await stack.event(second, 'message-received')).toMatchObject({ content: SAY });
    for (const run of [first, second]) {
      const call = await model.call();
      call.say('ok');
      call.finish();
      await stack.wait(run);
    }
    expect(await stack.event(second, 'message-received')).toMatchObject({ content: MASKED });
    expect(stored(stack)).not.toContain(KEY.slice(0, 12));
  });

  test('is known again after a restart, also one that an older version masked', async () => {
    const stack = await startStack({ policies: SECRETS });
    const run = (await stack.ask(SAY, { key: 'once' })).run;
    const older = (await stack.ask(SAY, { key: 'older' })).run;
    await stack.stopSupervisor();
    const bare = createHash('sha256').update(SAY).digest('hex');
    const database = connectTo(join(stack.folder, 'interject.db'));
    expect(database.prepare('select content_hash as hash from run where id = ?').get(run)).not.toEqual({ hash: bare });
    database.prepare('update run set content_hash = ? where id = ?').run(bare, older);
    await stack.startSupervisor();
    expect(await stack.say(SAY, { key: 'once' })).toBe(run);
    expect(await stack.say(SAY, { key: 'older' })).toBe(older);
    for (const key of ['once', 'older']) {
      await expect(stack.say(`${SAY}.`, { key })).rejects.toMatchObject({ code: 'key_conflict' });
    }
  });

  test('that waited is soon in no file of the data folder, also where it fills pages of its own', async () => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition, policies: SECRETS });
    // It is emptied at the start anyway.
    await stack.until(() => statSync(join(stack.folder, 'interject.db-wal')).size === 0);
    const filling = 'and so on '.repeat(2000);
    const runs: string[] = [];
    for (const content of ['first', SAY, 'between', filling + KEY + filling]) runs.push(await stack.say(content));
    expect(filesHold(stack.folder, KEY)).toBe(true);
    for (const run of runs) {
      const call = await model.call();
      call.say('ok');
      call.finish();
      await stack.wait(run);
    }
    await stack.until(() => !filesHold(stack.folder, KEY.slice(0, 12)));
  });

  test.each([
    ['refuses it', `() => ({ action: 'block', reason: 'No.' })`, 'blocked'],
    ['fails', `() => { throw new Error('no') }`, 'failed'],
  ])('is masked also when another policy %s', async (_, hook, status) => {
    const other = `{ name: 'other', onMessage: ${hook} }`;
    for (const policies of [
      [...SECRETS, other],
      [other, ...SECRETS],
    ]) {
      const stack = await startStack({ policies });
      expect(await stack.ask(SAY)).toMatchObject({ status });
      expect(stored(stack)).not.toContain(KEY.slice(0, 12));
    }
  });
});

test('five thousand secrets, in a message or in an answer, are masked and fail nothing', async () => {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition, policies: SECRETS });
  const [text, masked] = [KEY, '[redacted openai-key]'].map((one) => Array(5000).fill(one).join(' '));
  const run = await stack.say(String(text));
  const call = await model.call();
  expect(call.body.messages.at(-1)?.content).toBe(masked);
  call.say(String(text));
  call.finish();
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: masked });
});

test('what is no secret is kept for the person who runs the stack', async () => {
  const stack = await startStack({ policies: [NAMES] });
  const view = await stack.ask('say: Alice and Alice met.');
  expect(view).toMatchObject({ status: 'answered', content: 'A. and A. met.' });
  expect(rows(stack)).toMatchObject([
    { withheld: 'Alice', withheld_hash: null, shown_offset: 0, raw_from: 0, raw_to: 5 },
    { withheld: 'Alice', withheld_hash: null, shown_offset: 7, raw_from: 10, raw_to: 15 },
  ]);
});

describe('a supervisor that is replaced in mid-turn', () => {
  test.each([
    ['after a mask', `Take ${KEY}, then${MORE}`, `, ${KEY}.`, `Take *, then${MORE}, *.`],
    ['inside a secret', `Take ${KEY} or${MORE} ${KEY.slice(0, 9)}`, `${KEY.slice(9)}.`, `Take * or${MORE} *.`],
  ])('%s goes on where the model was', async (_, before, after, expected) => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition, policies: [...SECRETS, NAMES] });
    const run = await stack.say('hello');
    const call = await model.call();
    call.say('Alice: ');
    call.say(before);
    await stack.eventsUntil({ run }, (event) => event.type === 'intervention' && event.policy === 'secrets');
    await stack.stopSupervisor();
    await stack.startSupervisor();
    call.say(after);
    call.finish();
    const content = `A.: ${expected.replaceAll('*', '[redacted openai-key]')}`;
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content });
    expect(shownText(await stack.eventsOf(run), 1)).toBe(content);
    expect(stored(stack)).not.toContain(KEY.slice(3, 12));
    expect(rows(stack).map(({ policy }) => policy)).toEqual(['names', 'secrets', 'secrets']);
  });
});
