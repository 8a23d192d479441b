/** For what nobody tells of: asks until something is there. */
import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_MS = 20_000;

/** The first result that is not undefined or false. @throws Error after 20 s */
export async function eventually<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + LONGEST_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`this never came true: ${look}`);
    await sleep(10);
  }
}
