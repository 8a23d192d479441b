/** Valid options of every built-in policy, and what tests make of them. */
import { BUILT_IN_POLICIES } from '../../policy/built-in.ts';
import type { Policy } from '../../policy/policy.ts';
import { readPolicy } from '../../policy/read-policy.ts';

/** By the name of the policy; one that is not here takes no options, or none that it needs. */
const OPTIONS: Record<string, readonly Record<string, unknown>[]> = {
  pattern: [
    { literals: ['ERROR'], expressions: ['an? [A-Z]{2}'] },
    { literals: ['a b'], ignoreCase: true, ignore: '-', action: 'cut' },
  ],
  repetition: [{ words: 2, repeats: 2, tokens: 4 }, { action: 'cut' }, {}],
  budget: [{ run: { turns: 1 } }, { run: { tokens: 1 }, chat: { seconds: 0.5 } }],
  script: [
    { scripts: ['Latin'], minimumLetters: 3 },
    { languages: ['eng'], minimumText: 50 },
  ],
  json: [{ schema: { type: 'object' } }, { fenced: true }],
  judge: [{}, { when: 'after', action: 'block', onFailure: 'open' }],
  'off-topic': [{ forbidden: ['a', 'b c', 'é'] }, { forbidden: ['abc'], action: 'block' }, { wanted: ['c'] }],
};

export function validOptions(name: string): readonly (Record<string, unknown> | undefined)[] {
  return OPTIONS[name] ?? [undefined];
}

/** The built-in policy of this name, made with these options. */
export function builtIn(name: string, options?: Record<string, unknown>): Policy {
  return readPolicy(BUILT_IN_POLICIES.get(name), { options });
}

/** Every built-in policy with each of its valid options. */
export function everyBuiltIn(): Policy[] {
  return [...BUILT_IN_POLICIES.keys()].flatMap((name) => validOptions(name).map((options) => builtIn(name, options)));
}
