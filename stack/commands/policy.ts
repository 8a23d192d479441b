/** `policy`: what authors of policies need. Each action has a file of its own in policy/ and a line here. */
import { nearestName } from '../../policy/nearest-name.ts';
import { usageFailure } from '../failure.ts';
import { declareSubcommand } from './declare.ts';

/** Action → what it does with the words that follow it. Its code is loaded only then. */
const ACTIONS: Record<string, (words: readonly string[]) => Promise<number>> = {
  new: async (words) => (await import('./policy/new.ts')).newPolicy(words, process.cwd()),
};

export const policyCommand = declareSubcommand({
  name: 'policy',
  help: 'write policies: `policy new NAME` makes one to begin with',
  argument: { placeholder: 'ACTION', help: 'new NAME: write a commented NAME.ts into this folder', isRepeatable: true },
  options: {},
  startOptions: [],
  examples: ['npx tsx run.ts policy new my-policy', 'npx tsx run.ts --policy ./my-policy.ts'],
  run: async ({ words: [action = '', ...words] }) => findAction(action)(words),
});

function findAction(action: string): (words: readonly string[]) => Promise<number> {
  const found = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (found !== undefined) return found;
  const nearest = nearestName(action, Object.keys(ACTIONS));
  const hint = nearest === undefined ? `Actions are ${Object.keys(ACTIONS).join(', ')}` : `Did you mean ${nearest}`;
  throw usageFailure(
    action === ''
      ? 'policy: say what to do, as in: policy new NAME. See policy --help.'
      : `policy: there is no action ${action}. ${hint}${nearest === undefined ? '; see policy --help.' : '?'}`,
  );
}
