/** The chat as a person in a terminal has it: keys in, text out, against a real stack. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../stack/commands/chat/conversation.ts';
import { StackAccess } from '../../../stack/commands/chat/stack-access.ts';
import { TerminalChat } from '../../../stack/commands/chat/terminal-chat.ts';
import { type StackUnderTest, sharedStack } from '../../proof/stack-under-test.ts';
import { eventually } from '../eventually.ts';

const LONG = Array.from({ length: 150 }, (_, index) => `word${index}`).join(' ');
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
/** What the chat marks text with, in place of colours. */
const paint = {
  bold: (text: string) => text,
  cyan: (text: string) => text,
  dim: (text: string) => `<dim>${text}</dim>`,
  yellow: (text: string) => `<yellow>${text}</yellow>`,
};

const stack = sharedStack();

async function terminal({ data }: StackUnderTest, chatName: string) {
  const conversation = await Conversation.open(new StackAccess(data, undefined), undefined, chatName);
  const input = new PassThrough();
  const output = new PassThrough();
  let text = '';
  output.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const chat = new TerminalChat(conversation, { input, output, paint, description: 'a stack' });
  let seen = 0;
  return {
    chat,
    ended: chat.run(),
    key: (keys: string) => void input.write(keys),
    output: () => text,
    /** Waits for text that was not waited for before. */
    async shows(wanted: string): Promise<void> {
      const end = await eventually(() => {
        const index = text.indexOf(wanted, seen);
        return index === -1 ? undefined : index + wanted.length;
      });
      seen = end;
    },
  };
}

describe('a chat in a terminal', () => {
  it('says who answers, streams, and leaves on Ctrl-D', async () => {
    const { key, shows, ended, output } = await terminal(stack(), 'streams');
    await shows('assistant  the built-in simulator');
    await shows('chat streams, a stack');
    await shows('> ');
    key('say: hello there\r');
    await shows('hello there\r\n');
    await shows('hello there\n');
    await shows('> ');
    key(CTRL_D);
    expect(await ended).toBe(0);
    expect(output().endsWith('\n')).toBe(true);
  });

  it('shows interjections quietly, and that what was shown is withdrawn', async () => {
    const { key, shows, ended, output } = await terminal(stack(), 'objects');
    const coded = Buffer.from('Well, all good until an ERROR shows up').toString('hex');
    key(`say-coded: ${coded}\r`);
    await shows('Well, all good until an ');
    await shows('<dim>  · policy error-keyword corrected the answer: ');
    await shows('<yellow>  · withdrawn: the text above is not the answer</yellow>\n');
    await shows('> ');
    key(CTRL_D);
    await ended;
    expect(output()).not.toContain('ERROR shows up');
  });

  it('dims reasoning, and obeys no control character of a model', async () => {
    const { key, shows, ended, output } = await terminal(stack(), 'reasons');
    const coded = Buffer.from('red \u001b[31m\u001b]0;title\u0007 end').toString('hex');
    key(`say-coded: ${coded}\r`);
    await shows('red ␛[31m␛]0;title␇ end');
    await shows('> ');
    key('think: Let me see\r');
    await shows('<dim>Let');
    await shows('> ');
    key(CTRL_D);
    await ended;
    expect(output()).not.toContain('\u001b]');
  });

  it('Ctrl-C stops the answer, and what was typed meanwhile is kept; then it leaves', async () => {
    const { key, shows, ended, output } = await terminal(stack(), 'stops');
    key(`say: ${LONG}\r`);
    await shows('word149\r\n');
    await shows('word10 ');
    key('say: typed ah');
    key(CTRL_C);
    await shows('<yellow>  · stopped: ');
    await shows('> say: typed ah');
    expect(output().match(/typed ah/g)).toHaveLength(1);
    key('ead\r');
    await shows('typed ahead\n');
    await shows('> ');
    key(CTRL_C);
    expect(await ended).toBe(130);
    expect(output().match(/word149/g)).toHaveLength(1);
  });

  it('a second Ctrl-C leaves while the answer is still being stopped', async () => {
    const { key, shows, ended } = await terminal(stack(), 'leaves');
    key(`say: ${LONG}\r`);
    await shows('word149\r\n');
    await shows('word3 ');
    key(CTRL_C + CTRL_C);
    expect(await ended).toBe(130);
  });

  it('several lines at once are answered one after the other', async () => {
    const { key, shows, ended } = await terminal(stack(), 'several');
    await shows('> ');
    key('say: first answer\rsay: second answer\r');
    await shows('first answer\n');
    await shows('\n> say: second answer\nsecond answer\n');
    key(CTRL_D);
    expect(await ended).toBe(0);
  });

  it('a failed run is told with its reason, and the chat goes on', async () => {
    const { key, shows, ended } = await terminal(stack(), 'fails');
    key('fault: garbage\r');
    await shows('<yellow>  · failed: backend_garbage');
    await shows('> ');
    key(CTRL_D);
    expect(await ended).toBe(0);
  });

  it('an answer goes on without repetition or gap when the supervisor is killed in its middle', async () => {
    const { key, shows, ended, output } = await terminal(stack(), 'resumes');
    key(`say: ${LONG}\r`);
    await shows('word149\r\n');
    await shows('word20 ');
    stack().kill('supervisor');
    await shows('word149\n');
    await shows('> ');
    key(CTRL_D);
    await ended;
    expect(output()).toContain(`\n${LONG}\n`);
  });

  it('a note between answers leaves the prompt whole', async () => {
    const { chat, key, shows, ended } = await terminal(stack(), 'notes');
    await shows('> ');
    key('half a li');
    await shows('half a li');
    chat.note('something\u001b happened');
    await shows('<dim>  · something␛ happened</dim>\n');
    await shows('> half a li');
    key(CTRL_D);
    chat.leave(0);
    expect(await ended).toBe(0);
  });
});
