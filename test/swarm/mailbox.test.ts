import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Mailbox } from '../../swarm/mailbox.ts';

function mailboxOf(capacity: number, ...names: string[]): Mailbox {
  const mailbox = new Mailbox(capacity);
  for (const name of names) mailbox.register(name);
  return mailbox;
}

const letter = (content: string, from = 'a') => ({ from, content });

describe('a mailbox', () => {
  test('gives letters in their order, each once, to those that come later and to those that wait', async () => {
    const mailbox = mailboxOf(10, 'a', 'b');
    mailbox.send('b', letter('1'));
    mailbox.send('b', letter('2'));
    const read = [1, 2, 3, 4].map(() => mailbox.receive('b', 10_000));
    mailbox.send('b', letter('3'));
    mailbox.send('b', letter('4'));
    expect((await Promise.all(read)).map(({ content }) => content)).toEqual(['1', '2', '3', '4']);
  });

  test('refuses a letter to nobody, and says to whom', () => {
    expect(() => mailboxOf(10, 'a').send('x', letter('?'))).toThrow(
      expect.objectContaining({ name: 'MailboxSend', message: 'there is no mailbox named "x"' }),
    );
  });

  test('is bounded: what does not fit is refused, and fits again when one was read', async () => {
    const mailbox = mailboxOf(2, 'b');
    mailbox.send('b', letter('1'));
    mailbox.send('b', letter('2'));
    expect(() => mailbox.send('b', letter('3'))).toThrow(expect.objectContaining({ name: 'MailboxSend' }));
    expect((await mailbox.receive('b', 1000)).content).toBe('1');
    mailbox.send('b', letter('3'));
    expect((await mailbox.receive('b', 1000)).content).toBe('2');
    expect((await mailbox.receive('b', 1000)).content).toBe('3');
  });

  test('a broadcast goes to all but its sender; a full box is named, the others have it', async () => {
    const mailbox = mailboxOf(1, 'a', 'b', 'c');
    mailbox.send('b', letter('before'));
    expect(() => mailbox.broadcast(letter('all'))).toThrow(/full.*: b$/);
    expect((await mailbox.receive('c', 1000)).content).toBe('all');
    await expect(mailbox.receive('a', 1)).rejects.toMatchObject({ name: 'MailboxTimeout' });
  });

  test('receiving ends after its time, at an unknown name, when the box is closed, and when it is cancelled', async () => {
    const mailbox = mailboxOf(1, 'a', 'b', 'c');
    await expect(mailbox.receive('a', 5)).rejects.toMatchObject({ name: 'MailboxTimeout', message: /after 5 ms/ });
    await expect(mailbox.receive('x', 5)).rejects.toMatchObject({ name: 'MailboxTimeout' });
    const closed = mailbox.receive('b', 60_000);
    mailbox.unregister('b');
    await expect(closed).rejects.toMatchObject({ name: 'MailboxTimeout', message: /closed/ });
    const controller = new AbortController();
    const cancelled = mailbox.receive('c', 60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    mailbox.send('c', letter('for nobody yet'));
    expect((await mailbox.receive('c', 1000)).content).toBe('for nobody yet');
  });

  test('who has waited leaves nothing behind', async () => {
    const mailbox = mailboxOf(1, 'b');
    const { signal } = new AbortController();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const waiting = mailbox.receive('b', 60_000, signal);
    expect([timers(), getEventListeners(signal, 'abort').length]).toEqual([before + 1, 1]);
    mailbox.send('b', letter('1'));
    await waiting;
    expect([timers(), getEventListeners(signal, 'abort').length]).toEqual([before, 0]);
  });

  test('a box is opened once; closed and opened again it is empty', async () => {
    const mailbox = mailboxOf(10, 'a');
    mailbox.send('a', letter('1'));
    expect(mailbox.register('a')).toBe(false);
    expect((await mailbox.receive('a', 1000)).content).toBe('1');
    mailbox.send('a', letter('2'));
    mailbox.unregister('a');
    expect(mailbox.register('a')).toBe(true);
    await expect(mailbox.receive('a', 1)).rejects.toMatchObject({ name: 'MailboxTimeout' });
  });
});
