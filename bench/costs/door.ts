/**
 * What the door for OpenAI's clients costs, measured on the stack as a user starts it, side by side with the model server itself: how soon
 * a client that hangs up frees the model server, and what is added to the first text. Ends with exit code 1 when a mark is missed.
 */
import { loadavg } from 'node:os';
import { doorOf, type ModelAddress, measureHangUps } from './hang-ups.ts';
import { machine } from './machine.ts';
import { startModelServer, startStack } from './servers.ts';
import { median, percentile } from './statistics.ts';
import { askModel } from './stream-client.ts';

const MODEL = { slots: 64, ttftMs: 5, tokensPerSecond: 100 };
const HANG_UPS = { streams: 8, rounds: 50, longestMs: 1000, pauseMs: 1000 };
const FIRST_TEXTS = { rounds: 10, questions: 40 };
/** Milliseconds. */
const HANG_UP_MARK = 50;

const figures = (values: readonly number[]): string =>
  `p50 ${median(values).toFixed(2)} ms, p99 ${percentile(values, 99).toFixed(2)} ms, most ${Math.max(...values).toFixed(2)} ms`;

/** Returns whether the mark is reached. */
async function hangUps(model: ModelAddress, door: ModelAddress): Promise<boolean> {
  const direct = await measureHangUps(model, model.url, HANG_UPS);
  const through = await measureHangUps(door, model.url, HANG_UPS);
  const isReached = percentile(through.delaysMs, 99) <= HANG_UP_MARK && through.unheard === 0;
  const { streams, rounds, longestMs } = HANG_UPS;
  console.log(
    `hanging up, ${streams} streams at a time, ${streams * rounds} of each, 0 to ${longestMs} ms after asking:`,
  );
  console.log(`     of the model server: until it sees that, ${figures(direct.delaysMs)} (${direct.delaysMs.length})`);
  console.log(
    `${isReached ? 'ok  ' : 'MISS'} through the door: until the model server sees that, ${figures(through.delaysMs)} (${through.delaysMs.length}; mark: p99 ${HANG_UP_MARK} ms)`,
  );
  console.log(`     ${through.neverAsked} had hung up before the model server was asked, and it never was`);
  if (through.unheard > 0) console.log(`     ${through.unheard} answers were not cancelled`);
  return isReached;
}

async function firstTexts(model: ModelAddress, door: ModelAddress): Promise<void> {
  const question = 'say: one two three four';
  const [direct, through]: [number[], number[]] = [[], []];
  for (let round = 0; round <= FIRST_TEXTS.rounds; round++) {
    for (let count = 0; count < FIRST_TEXTS.questions; count++) {
      const one = (await askModel(model.url, question)).firstTextMs;
      const other = (await askModel(door.url, question, door)).firstTextMs;
      // The first round warms up.
      if (round === 0) continue;
      direct.push(one);
      through.push(other);
    }
  }
  const added = median(through) - median(direct);
  console.log(`first text, taken in turn, ${direct.length} of each: of the model server ${figures(direct)}`);
  console.log(`     through the door ${figures(through)}; added at the median: ${added.toFixed(2)} ms`);
}

console.log(`${machine()}\nload average before: ${loadavg()[0]?.toFixed(1)}`);
console.log('All processes share the cores: model server, agent, supervisor, and this one with all its clients.');
console.log(`model: first token after ${MODEL.ttftMs} ms, then ${MODEL.tokensPerSecond} tokens/s for each stream\n`);
const server = await startModelServer(MODEL);
// Without a policy the door passes text on as it comes.
const stack = await startStack(['--backend', server.url, '--agents', 'assistant', '--policy', 'none']);
const model = { url: server.url, model: 'simulator' };
const isReached = await hangUps(model, doorOf(stack, 'assistant'));
await firstTexts(model, doorOf(stack, 'assistant'));
await stack.close();
await server.close();
process.exitCode = isReached ? 0 : 1;
