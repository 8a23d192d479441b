/** `policy`: what people who write policies need; the first word says what. */
import { usageFailure } from '../failure.ts';
import { flag, text } from '../option-kinds.ts';
import { declareSubcommand, withDefault } from './declare.ts';

export const policyCommand = declareSubcommand({
  name: 'policy',
  help: 'test FILE: try a policy on recorded conversations; exit code 1 when it misses what was marked as bad',
  argument: { placeholder: 'ACTION', help: 'what to do: test' },
  object: { placeholder: 'FILE', help: 'policy: a file, or the name of a built-in one' },
  options: {
    chat: { kind: text('CHAT'), byDefault: undefined, help: 'of test: only this chat (NAME or AGENT/NAME)' },
    since: { kind: text('DATE'), byDefault: undefined, help: 'of test: only messages from then on (2026-01-31)' },
    transcript: { kind: text('FILE'), byDefault: undefined, help: 'of test: JSON lines instead of recordings' },
    options: { kind: text('JSON'), byDefault: undefined, help: 'of test: options of the policy' },
    json: withDefault(flag(), false, 'of test: the whole report as JSON'),
  },
  startOptions: ['config', 'data'],
  examples: [
    'npx tsx run.ts policy test ./my-policy.ts --since 2026-01-31',
    'npx tsx run.ts policy test ./my-policy.ts --transcript ./bad-answers.jsonl --json',
  ],
  run: async ({ argument, object, own, given }) => {
    if (argument !== 'test') throw usageFailure(`policy: say what to do, like "policy test FILE". See --help.`);
    if (object === undefined) throw usageFailure('policy test: name a policy file, or a built-in policy. See --help.');
    return (await import('./policy/test/run.ts')).testPolicy(object, own, given);
  },
});
