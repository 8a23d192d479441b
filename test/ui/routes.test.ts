/** The HTTP door of the real stack, started as a person starts it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { StackUnderTest } from '../proof/stack-under-test.ts';
import { doorsSuite } from './doors.suite.ts';
import { refusalsSuite } from './refusals.suite.ts';
import { routesSuite } from './routes.suite.ts';
import { StackClient } from './stack-client.ts';

const stack = new StackUnderTest();
let client: StackClient;

beforeAll(async () => {
  await stack.start();
  await stack.client.simulate({ ttftMs: 1, tokensPerSecond: 1000 });
  const token = readFileSync(join(stack.data, 'token'), 'utf8').trim();
  client = new StackClient({ url: stack.url, token });
});
afterAll(() => stack.end());

describe('routes', () => routesSuite(() => client));
describe('refusals', () => refusalsSuite(() => client));
describe('doors', () => doorsSuite(() => client));
