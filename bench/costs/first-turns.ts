/** Policy of a benchmark: every first answer is cut at the same length and corrected, whatever a model says. */
import type { Policy } from '../../policy/policy.ts';

/** Characters from which on an answer is objected to. */
export const OBJECTED_AT = 40;

const policy: Policy = {
  name: 'first-turns',
  holdback: 0,
  onText: ({ text, turn }) =>
    turn === 1 && text.length >= OBJECTED_AT
      ? { action: 'interject', text: 'Answer again, in one sentence.' }
      : undefined,
};
export default policy;
