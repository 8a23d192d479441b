/** One end of the bus over a real socket: order, borders of lines, rubbish, slowness. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Connection, overSocket } from '../../agent/bus/connection.ts';
import { type Infer, record, text } from '../../agent/bus/shape.ts';
import { collect, socketPair } from './socket-pair.ts';

const shape = record({ word: text });
type Word = Infer<typeof shape>;

async function pair(): Promise<{ one: Connection<Word, Word>; other: Connection<Word, Word>; sockets: Socket[] }> {
  const [first, second] = await socketPair();
  return { one: overSocket(first, shape), other: overSocket(second, shape), sockets: [first, second] };
}

function words(count: number, connection: Connection<Word, Word>): Promise<Word[]> {
  return collect(count, (listener) => connection.onMessage(listener));
}

function closed(connection: Connection<Word, Word>): Promise<Error | undefined> {
  return new Promise((resolve) => connection.onClose(resolve));
}

describe('what is sent arrives', () => {
  test('in order, each message once, in both directions', async () => {
    const { one, other } = await pair();
    const sent = Array.from({ length: 5000 }, (_, index) => ({ word: `${index}` }));
    const [there, back] = [words(5000, other), words(5000, one)];
    for (const message of sent) {
      one.send(message);
      other.send(message);
    }
    expect(await there).toEqual(sent);
    expect(await back).toEqual(sent);
  });

  test('messages of one tick go out in one write', async () => {
    const { one, other, sockets } = await pair();
    const received = words(3, other);
    const chunks: string[] = [];
    sockets[1]?.on('data', (chunk: string) => chunks.push(chunk));
    for (const word of ['a', 'b', 'c']) one.send({ word });
    await received;
    expect(chunks).toHaveLength(1);
  });

  test('line ends, separators and half surrogate pairs inside a message', async () => {
    const { one, other } = await pair();
    const tricky = ['a\nb', '\r\n', '\u2028\u2029', '\uD83D', '\uDE00 \u{1F600}', ''].map((word) => ({ word }));
    const received = words(tricky.length, other);
    for (const message of tricky) one.send(message);
    expect(await received).toEqual(tricky);
  });

  test('wherever the bytes are divided, inside a character too', async () => {
    const [first, second] = await socketPair();
    const received = words(2, overSocket(second, shape));
    first.setNoDelay(true);
    for (const byte of Buffer.from('{"word":"ä\u{1F600}"}\n{"word":"b"}\n')) {
      first.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await received).toEqual([{ word: 'ä\u{1F600}' }, { word: 'b' }]);
  });

  test('a line of many megabytes, without keeping everybody else waiting for seconds', async () => {
    const { one, other } = await pair();
    const word = 'x'.repeat(32 * 1024 * 1024);
    const received = words(1, other);
    const start = process.cpuUsage();
    one.send({ word });
    const [message] = await received;
    const { user, system } = process.cpuUsage(start);
    expect(message?.word.length).toBe(word.length);
    expect((user + system) / 1e6).toBeLessThan(3);
  });
});

describe('a peer that does not keep to the rules loses its connection', () => {
  test.each([
    ['no JSON', 'rubbish\n'],
    ['JSON that is cut off', '{"word":"rubbish\n'],
    ['JSON of another shape', '{"word":1}\n'],
    ['an empty line', '\n'],
  ])('%s', async (_, line) => {
    const [first, second] = await socketPair();
    const connection = overSocket<Word, Word>(second, shape);
    const heard: string[] = [];
    connection.onMessage(({ word }) => heard.push(word));
    const end = closed(connection);
    first.write(`{"word":"before"}\n${line}{"word":"after"}\n`);
    const error = await end;
    expect(error).toBeInstanceOf(Error);
    expect(error?.message).not.toContain('rubbish');
    expect(heard).toEqual(['before']);
  });

  test('a line that does not end', async () => {
    const [first, second] = await socketPair();
    first.on('error', () => {});
    const end = closed(overSocket<Word, Word>(second, shape));
    const megabyte = 'x'.repeat(1024 * 1024);
    let open = true;
    void end.then(() => {
      open = false;
    });
    let sent = 0;
    for (; open && sent < 200; sent++) if (!first.write(megabyte)) await Promise.race([once(first, 'drain'), end]);
    expect((await end)?.message).toContain('too long');
    expect(sent).toBeGreaterThan(60);
  });
});

describe('a peer that is slow or gone', () => {
  test('unsent bytes are counted, and drained() waits until they are taken', async () => {
    const { one, sockets } = await pair();
    sockets[1]?.pause();
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 8; count++) one.send({ word: megabyte });
    await new Promise(setImmediate);
    expect(one.unsentBytes).toBeGreaterThan(1024 * 1024);
    const drained = one.drained();
    sockets[1]?.resume();
    await drained;
    expect(one.unsentBytes).toBe(0);
    await one.drained();
  });

  test('drained() also ends when the connection does', async () => {
    const { one, sockets } = await pair();
    sockets[1]?.pause();
    for (let count = 0; count < 8; count++) one.send({ word: 'x'.repeat(1024 * 1024) });
    await new Promise(setImmediate);
    const drained = one.drained();
    sockets[1]?.destroy();
    await drained;
    await expect(one.drained()).resolves.toBeUndefined();
  });

  test('closing is told once on both sides; sending afterwards does nothing', async () => {
    const { one, other } = await pair();
    const ends = [closed(one), closed(other)];
    one.close();
    one.close();
    expect(await Promise.all(ends)).toEqual([undefined, undefined]);
    one.send({ word: 'late' });
    other.send({ word: 'late' });
    expect(one.unsentBytes).toBe(0);
  });
});
