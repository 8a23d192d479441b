/** `policy`: what authors of policies need. Each action has a file of its own in policy/ and a line here. */
import { nearestName } from '../../policy/nearest-name.ts';
import { usageFailure } from '../failure.ts';
import { flag, text } from '../option-kinds.ts';
import { flagOf } from '../options.ts';
import { declareSubcommand, type GivenTexts, type OwnValues, withDefault } from './declare.ts';

const TEST_OPTIONS = {
  chat: { kind: text('CHAT'), byDefault: undefined, help: 'of test: only this chat (NAME or AGENT/NAME)' },
  since: { kind: text('DATE'), byDefault: undefined, help: 'of test: only messages from then on (2026-01-31)' },
  transcript: { kind: text('FILE'), byDefault: undefined, help: 'of test: JSON lines instead of recordings' },
  options: { kind: text('JSON'), byDefault: undefined, help: 'of test: options of the policy' },
  json: withDefault(flag(), false, 'of test: the whole report as JSON'),
} as const;

interface Call {
  /** Those that follow the action. */
  words: readonly string[];
  own: OwnValues<typeof TEST_OPTIONS>;
  given: GivenTexts;
}

/** Action → what it does. Its code is loaded only then. */
const ACTIONS: Record<string, (call: Call) => Promise<number>> = {
  new: async ({ words, own, given }) => {
    refuseFlags('new', { ...own, ...given });
    return (await import('./policy/new.ts')).newPolicy(words, process.cwd());
  },
  test: async ({ words, own, given }) => (await import('./policy/test/run.ts')).testPolicy(words, own, given),
};

export const policyCommand = declareSubcommand({
  name: 'policy',
  help: 'write policies: `new NAME` makes one to begin with, `test FILE` tries one on what was recorded',
  argument: {
    placeholder: 'ACTION',
    help:
      'new NAME: write a commented NAME.ts into this folder; test FILE: try a policy (a file, or the name of a built-in one) on ' +
      'recorded conversations, exit code 1 when it misses what was marked as bad',
    isRepeatable: true,
  },
  options: TEST_OPTIONS,
  startOptions: ['config', 'data'],
  examples: [
    'npx tsx run.ts policy new my-policy',
    'npx tsx run.ts policy test ./my-policy.ts --since 2026-01-31',
    'npx tsx run.ts policy test ./my-policy.ts --transcript ./bad-answers.jsonl --json',
    'npx tsx run.ts --policy ./my-policy.ts',
  ],
  run: async ({ words: [action = '', ...words], own, given }) => findAction(action)({ words, own, given }),
});

function findAction(action: string): (call: Call) => Promise<number> {
  const found = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (found !== undefined) return found;
  const nearest = nearestName(action, Object.keys(ACTIONS));
  const hint = nearest === undefined ? `Actions are ${Object.keys(ACTIONS).join(', ')}` : `Did you mean ${nearest}`;
  throw usageFailure(
    action === ''
      ? 'policy: say what to do, as in: policy new NAME, or policy test FILE. See policy --help.'
      : `policy: there is no action ${action}. ${hint}${nearest === undefined ? '; see policy --help.' : '?'}`,
  );
}

/** @throws Failure (exit code 2) for the first one that was given */
function refuseFlags(action: string, values: Readonly<Record<string, unknown>>): void {
  const name = Object.keys(values).find((one) => values[one] !== undefined && values[one] !== false);
  if (name !== undefined) throw usageFailure(`policy ${action}: ${flagOf(name)} is of policy test; leave it out.`);
}
