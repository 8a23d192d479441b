/** `logs`: reads the log of a data folder, whether its stack runs or not. */
import { flag, oneOf, textList, wholeNumber } from '../option-kinds.ts';
import { declareSubcommand, optional, withDefault } from './declare.ts';

export const logsCommand = declareSubcommand({
  name: 'logs',
  help: 'show what the processes of a stack logged, or follow it',
  argument: undefined,
  options: {
    follow: withDefault(flag(), false, 'go on with what is logged from now on, until Ctrl-C'),
    agent: optional(textList('NAME'), 'lines of this agent only'),
    run: optional(textList('ID'), 'lines of this run only'),
    level: withDefault(
      oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
      'trace',
      'the least that is shown of what was logged',
    ),
    lines: withDefault(wholeNumber('NUMBER', 0, 1_000_000_000), 100, 'so many of the last lines that fit'),
    json: withDefault(flag(), false, 'the lines as they stand in the file'),
  },
  startOptions: ['config', 'data'],
  examples: [
    'npx tsx run.ts logs',
    'npx tsx run.ts logs --follow --agent assistant',
    'npx tsx run.ts logs --run 5f3c9a01d2b4e687 --lines 1000 --json',
  ],
  run: async ({ own, given }) => (await import('./logs/run.ts')).showLogs(own, given),
});
