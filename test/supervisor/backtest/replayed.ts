/** Tests candidates on what a real stack has recorded, also while it runs. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Policy } from '../../../policy/policy.ts';
import { readPolicy } from '../../../policy/read-policy.ts';
import { type BacktestReport, backtest } from '../../../supervisor/backtest/backtest.ts';
import type { RecordedItem, RecordedTurn } from '../../../supervisor/backtest/recorded.ts';
import { callHook } from '../../../supervisor/policies/verdict.ts';
import type { PolicySource } from '../../../supervisor/settings.ts';
import { openRecordings, type RecordingFilter } from '../../../supervisor/store/recordings.ts';
import { builtIn } from '../../policy/built-in-options.ts';
import type { RunningStack } from '../running-stack.ts';

function recordings(stack: RunningStack) {
  const opened = openRecordings(join(stack.folder, 'interject.db'));
  onTestFinished(() => opened.close());
  return opened;
}

/** What a candidate would have done. */
export function tested(stack: RunningStack, policy: Policy, filter: RecordingFilter = {}): BacktestReport {
  stack.engine.bench.recorder.flush();
  const recorded = recordings(stack);
  const loaded = { name: policy.name, version: 'candidate', policy };
  return backtest({ loaded, judge: callHook }, recorded.items(filter), recorded.labels());
}

export function recordedTurns(stack: RunningStack): RecordedTurn[] {
  stack.engine.bench.recorder.flush();
  return [...recordings(stack).items({})].filter((item: RecordedItem) => item.kind === 'turn');
}

/** The policies that a stack was started with, anew: module texts, and built-in ones by name. */
export async function policiesOf(stack: RunningStack, policies: readonly (string | PolicySource)[]): Promise<Policy[]> {
  return Promise.all(
    policies.map(async (policy, index) => {
      if (typeof policy !== 'string') return builtIn(policy.use, policy.options as Record<string, unknown>);
      const file = pathToFileURL(join(stack.folder, 'policies', `${index}.mjs`)).href;
      return readPolicy(((await import(file)) as { default: unknown }).default);
    }),
  );
}
