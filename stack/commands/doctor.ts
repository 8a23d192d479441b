/** `doctor`: whether everything that a start needs is there, and what to do where it is not. */
import { OPTION_NAMES } from '../options.ts';
import { declareSubcommand } from './declare.ts';

export const doctorCommand = declareSubcommand({
  name: 'doctor',
  help: 'check what a start with the same options needs, and say what to do; exit code 0 or 1',
  argument: undefined,
  options: {},
  startOptions: OPTION_NAMES,
  examples: ['npx tsx run.ts doctor', 'npx tsx run.ts doctor --backend http://127.0.0.1:8080'],
  run: async ({ given }) => (await import('./doctor/run.ts')).runDoctor(given),
});
