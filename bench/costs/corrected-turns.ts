/** How soon a corrected answer begins, step by step, next to what the model server takes for the same prompt when nothing is in its way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OBJECTED_AT } from './first-turns.ts';
import type { RecordedCall, RecordingProxy } from './recording-proxy.ts';
import type { AskedStack } from './stream-client.ts';
import { askAgent } from './stream-client.ts';

/** Milliseconds. */
export interface CorrectedTurn {
  /** From passing on the delta that is objected to, to the request of the corrected turn. */
  toRequest: number;
  /** From there to its first text. */
  toText: number;
  /** From there until the reader has it. */
  toReader: number;
  /** All of these. */
  whole: number;
  /** To the first text of the same prompt, asked directly with what stood before the correction in the cache. */
  sameCache: number;
  /** To the first text of the same prompt, asked directly once more: nearly all of it is in the cache. */
  asked: number;
  /** Tokens of the prompt of the corrected turn. */
  prompt: RecordedCall['prompt'];
}

/** Long enough that a server that was cut off is idle again. */
const QUIET_MS = 300;

/** Asks the stack, whose model server is the proxy and whose policy is `first-turns.ts`. @throws Error when nothing was corrected */
export async function measureCorrectedTurn(
  stack: AskedStack,
  proxy: RecordingProxy,
  question: string,
): Promise<CorrectedTurn> {
  const before = proxy.calls.length;
  const answer = await askAgent(stack, 'assistant', `correction ${before}`, question, 2);
  const [first, second] = proxy.calls.slice(before);
  const offence = first && offenceOf(first);
  const text = second?.pieces[0]?.at;
  if (first === undefined || offence === undefined || second === undefined || text === undefined)
    throw new Error('no answer was corrected');
  const shownAt = answer.startedAt + answer.firstTextMs;
  await sleep(QUIET_MS);
  await askAgain(proxy, first.body);
  const sameCache = await askAgain(proxy, second.body);
  const asked = await askAgain(proxy, second.body);
  return {
    ...{ toRequest: second.cameAt - offence, toText: text - second.cameAt, toReader: shownAt - text },
    ...{ whole: shownAt - offence, sameCache, asked, prompt: second.prompt },
  };
}

/** When the text became so long that the policy objected. */
function offenceOf({ pieces }: RecordedCall): number | undefined {
  let length = 0;
  return pieces.find(({ text }) => {
    length += text.length;
    return length >= OBJECTED_AT;
  })?.at;
}

/** Milliseconds to the first text; the connection is closed there. */
async function askAgain(proxy: RecordingProxy, body: string): Promise<number> {
  const index = proxy.calls.length;
  const controller = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${proxy.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body,
    signal: controller.signal,
  });
  const reader = reply.body?.getReader();
  while (proxy.calls[index]?.pieces.length === 0 && !(await reader?.read())?.done);
  controller.abort();
  const call = proxy.calls[index];
  await sleep(QUIET_MS);
  return (call?.pieces[0]?.at ?? Number.NaN) - (call?.cameAt ?? Number.NaN);
}
