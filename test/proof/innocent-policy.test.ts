/** A supervisor that ends while a policy is being loaded, for reasons of its own: the policy is not to blame for it. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StackUnderTest } from './stack-under-test.ts';
import { until } from './until.ts';

const SLOW = `import { writeFileSync } from 'node:fs';
writeFileSync('loading', '');
await new Promise((resolve) => setTimeout(resolve, 1500));
export default { name: 'slow', patterns: ['NEVER'], onText: () => undefined };\n`;

test.each(['init', 'supervisor'])(
  '%s ends while it is loaded',
  async (victim) => {
    const stack = new StackUnderTest({ files: { 'slow.ts': SLOW }, flags: ['--policy', './slow.ts'] });
    onTestFinished(() => stack.end());
    const first = stack.start().catch(() => undefined);
    await until('the policy to be loaded', () => existsSync(join(stack.folder, 'loading')));
    if (victim === 'init') {
      stack.kill('init');
      await first;
      await stack.assertNoProcess();
      rmSync(join(stack.folder, 'loading'));
      await stack.start();
    } else {
      stack.kill('supervisor', 'SIGTERM');
      await first;
    }
    expect(await stack.client.ask('assistant', { content: 'say: fine' })).toMatchObject({
      status: 'answered',
      content: 'fine',
    });
    await stack.stop();
  },
  60_000,
);
