/** `swarm TASK`: several agents on one task. */
import { MODE_NAMES } from '../../swarm/modes.ts';
import { flag, oneOf, orderedNames, text, textList, wholeNumber } from '../option-kinds.ts';
import { OPTION_NAMES } from '../options.ts';
import { declareSubcommand, optional, withDefault } from './declare.ts';

const COUNT = wholeNumber('NUMBER', 1, 1_000_000_000);

export const swarmCommand = declareSubcommand({
  name: 'swarm',
  help: 'several agents on one task, with the running stack or, if there is none, with a private one',
  argument: { placeholder: 'TASK', help: 'what is to be done' },
  options: {
    mode: withDefault(oneOf(...MODE_NAMES), 'parallel', 'how the agents work together'),
    agents: optional(orderedNames('NAMES'), 'who works, separated by commas (default: all agents of the stack)'),
    synthesizer: optional(text('AGENT'), 'agent that makes one answer of several'),
    reviewer: optional(text('AGENT'), 'agent that judges the work (review, adversarial)'),
    judge: optional(text('AGENT'), 'agent that decides when a vote ends in a tie'),
    reducer: optional(text('AGENT'), 'agent that makes one result of all items (map-reduce)'),
    isolated: optional(flag(), 'each agent writes into a copy of the shared state (parallel)'),
    item: optional(textList('TEXT'), 'what the agents work on one by one (map-reduce); repeatable'),
    criteria: optional(text('TEXT'), 'what the work is held against (adversarial)'),
    maxRounds: optional(COUNT, 'rounds of work and review at most (default: 3)'),
    maxConcurrent: optional(COUNT, 'items at a time (default: 5)'),
    budgetTokens: optional(COUNT, 'no agent is asked any more once so many tokens are used'),
    budgetAgents: optional(COUNT, 'times that an agent is asked at most'),
    json: optional(flag(), 'print the whole swarm as JSON instead of its result'),
  },
  startOptions: OPTION_NAMES.filter((name) => name !== 'agents'),
  examples: [
    'npx tsx run.ts swarm "Name three risks of this plan: …" --agents assistant,analyst --synthesizer assistant',
    'npx tsx run.ts swarm "Is 1009 a prime number?" --mode debate --agents a,b,c',
    'npx tsx run.ts swarm "Sum it up" --mode map-reduce --agents a,b --reducer c --item "one" --item "two"',
  ],
  run: async (invocation) => (await import('./swarm/run.ts')).runSwarmCommand(invocation),
});
