/** For what nobody tells of, such as the end of somebody else's process: asks until it is there. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 10;
/** Far more than it takes: whoever waits in vain has failed, and a crowded machine has not. */
const LONG_ENOUGH_MS = 60_000;

/**
 * The first result that is not undefined or false; what is thrown while looking counts as neither.
 * @param what for the error: what is waited for
 * @throws Error after `milliseconds`, with what was thrown last
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  milliseconds = LONG_ENOUGH_MS,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const { found, cause } = await attempt(look);
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${what}`, { cause });
    await sleep(LOOK_MS);
  }
}

async function attempt<T>(look: () => T | Promise<T>): Promise<{ found?: T; cause?: unknown }> {
  try {
    return { found: await look() };
  } catch (cause) {
    return { cause };
  }
}
