/** The policies that come with the product, by the name a configuration uses. */
import { errorKeyword } from './error-keyword.ts';
import { pattern } from './pattern.ts';
import type { PolicyModule } from './policy.ts';

export const BUILT_IN_POLICIES: ReadonlyMap<string, PolicyModule> = new Map(
  [errorKeyword, pattern].map((policy): [string, PolicyModule] => [policy.name, policy]),
);
