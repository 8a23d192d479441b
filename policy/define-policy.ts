/** The function that gives a policy file its types. It does nothing else. */
import type { ZodType } from 'zod';
import type { Policy, PolicyWithOptions } from './policy.ts';

/** Returns the policy it is given; editors then know the hooks, the verdicts and the options. */
export function definePolicy<Schema extends ZodType>(policy: PolicyWithOptions<Schema>): PolicyWithOptions<Schema>;
export function definePolicy(policy: Policy): Policy;
export function definePolicy(policy: Policy | PolicyWithOptions): Policy | PolicyWithOptions {
  return policy;
}
