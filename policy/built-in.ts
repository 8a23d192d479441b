/** The policies that come with the product, by the name a configuration uses. */
import { budget } from './budget.ts';
import { errorKeyword } from './error-keyword.ts';
import { json } from './json.ts';
import { judge } from './judge.ts';
import { offTopic } from './off-topic.ts';
import { pattern } from './pattern.ts';
import type { PolicyModule } from './policy.ts';
import { repetition } from './repetition.ts';
import { script } from './script.ts';
import { secrets } from './secrets.ts';

const ALL: readonly PolicyModule[] = [
  errorKeyword,
  pattern,
  repetition,
  budget,
  script,
  json,
  offTopic,
  secrets,
  judge,
];

export const BUILT_IN_POLICIES: ReadonlyMap<string, PolicyModule> = new Map(ALL.map((policy) => [policy.name, policy]));
