/** Every subcommand, in the order of `--help`. A new one is declared in a file of its own and gets a line here. */
import { benchCommand } from './bench.ts';
import { chatCommand } from './chat.ts';
import type { Subcommand } from './declare.ts';
import { doctorCommand } from './doctor.ts';
import { logsCommand } from './logs.ts';
import { policyCommand } from './policy.ts';
import { simulateCommand } from './simulate.ts';
import { swarmCommand } from './swarm.ts';

export const SUBCOMMANDS: readonly Subcommand[] = [
  chatCommand,
  swarmCommand,
  benchCommand,
  doctorCommand,
  logsCommand,
  policyCommand,
  simulateCommand,
];
