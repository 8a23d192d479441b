/** The one function a policy author may import. It adds types and nothing else. */
import type { Policy } from './policy.ts';

/** Returns the policy it is given; editors then know the hooks and the verdicts. */
export function definePolicy(policy: Policy): Policy {
  return policy;
}
