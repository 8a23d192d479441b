/** The policies that come with the product, by the name a configuration uses. */
import { errorKeyword } from './error-keyword.ts';
import type { PolicyModule } from './policy.ts';
import { secrets } from './secrets.ts';

export const BUILT_IN_POLICIES: ReadonlyMap<string, PolicyModule> = new Map<string, PolicyModule>(
  [errorKeyword, secrets].map((policy): [string, PolicyModule] => [policy.name, policy]),
);
