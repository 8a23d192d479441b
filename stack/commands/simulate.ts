/** `simulate`: the simulator alone, for other programs to talk to. */
import { number, text, textLike, wholeNumber } from '../option-kinds.ts';
import { declareSubcommand, withDefault } from './declare.ts';

const HOST = /^[A-Za-z0-9.-]+$|^[0-9A-Fa-f:.]+(%\w+)?$/;

export const simulateCommand = declareSubcommand({
  name: 'simulate',
  help: 'run the simulator alone: a model server without a model',
  argument: undefined,
  options: {
    port: withDefault(wholeNumber('PORT', 0, 65_535), 8080, 'port to listen on; 0 picks a free one'),
    host: withDefault(textLike('ADDRESS', HOST, 'an address like 127.0.0.1'), '127.0.0.1', 'address to listen on'),
    tokensPerSecond: withDefault(number('NUMBER', 0, 1_000_000), 60, 'speed of each answer; 0: as fast as it is read'),
    ttftMs: withDefault(number('MILLISECONDS', 0, 3_600_000), 60, 'time to the first token'),
    slots: withDefault(wholeNumber('NUMBER', 1, 10_000), 4, 'requests it works on at a time; others wait'),
    seed: withDefault(wholeNumber('NUMBER', 0, 2 ** 31 - 1), 1, 'what answers depend on beside the messages'),
    context: withDefault(wholeNumber('TOKENS', 16, 10_000_000), 8192, 'context of a slot, prompt and answer together'),
    model: withDefault(text('NAME'), 'simulator', 'name of the model it claims to serve'),
  },
  startOptions: [],
  examples: [
    'npx tsx run.ts simulate --port 11434 --tokens-per-second 40 --ttft-ms 300 --slots 1 --seed 1',
    'npx tsx run.ts --backend http://127.0.0.1:8080',
  ],
  run: async ({ own }) => (await import('./simulate/run.ts')).runSimulator(own),
});
