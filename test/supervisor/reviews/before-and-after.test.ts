/** Answers that a policy reviews before readers see them, or after. */
import { describe, expect, test } from 'vitest';
import { sayCoded, shownText, startStack } from '../running-stack.ts';
import { reviewer } from './reviewing.ts';

const DRIFT = `if (turn.text.includes('bad')) return { action: 'interject', text: 'Leave out "bad".' };`;

const AGAIN = `if (turn.text.includes('bad')) return { action: 'interject', text: 'say: a better answer' };`;

describe('before', () => {
  test('nothing is shown until it is reviewed; then all of it', async () => {
    const stack = await startStack({ policies: [reviewer(`await new Promise((r) => setTimeout(r, 50)); ${DRIFT}`)] });
    const run = await stack.say(sayCoded('a good answer'));
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'a good answer' });
    const events = await stack.eventsOf(run);
    const types = events.map(({ type }) => type);
    expect(types.indexOf('text-delta')).toBeGreaterThan(types.lastIndexOf('review'));
    expect(events.filter(({ type }) => type === 'review')).toMatchObject([
      { policy: 'reviewer', when: 'before', state: 'started', turn: 1 },
      { policy: 'reviewer', when: 'before', state: 'passed', turn: 1 },
    ]);
  });

  test('an objection withholds the answer and corrects it', async () => {
    const stack = await startStack({ policies: [reviewer(DRIFT)] });
    const run = await stack.say(sayCoded('a bad answer'));
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'a answer' });
    const events = await stack.eventsOf(run);
    expect(shownText(events, 1)).toBe('');
    expect(JSON.stringify(events)).not.toContain('a bad answer');
    expect(events.filter(({ type }) => type === 'intervention')).toMatchObject([{ policy: 'reviewer', turn: 1 }]);
  });
});

describe('after', () => {
  test('the answer streams; an objection corrects it, and the history keeps both', async () => {
    const stack = await startStack({ policies: [reviewer(AGAIN, `reviewWhen: 'after',`)] });
    const run = await stack.say(sayCoded('a bad answer'));
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'a better answer' });
    expect(shownText(await stack.eventsOf(run), 1)).toBe('a bad answer');
    expect(stack.supervisor.history('assistant', undefined).messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', status: 'interrupted', content: 'a bad answer' },
      { role: 'supervisor', content: 'say: a better answer' },
      { role: 'assistant', status: 'complete', content: 'a better answer' },
    ]);
  });
});
