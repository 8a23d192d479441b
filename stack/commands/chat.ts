/** `chat [AGENT]`: a chat in the terminal, or over a pipe. */
import { text } from '../option-kinds.ts';
import { OPTION_NAMES } from '../options.ts';
import { declareSubcommand, withDefault } from './declare.ts';

export const chatCommand = declareSubcommand({
  name: 'chat',
  help: 'chat in the terminal, with the running stack or, if there is none, with a private one',
  argument: { placeholder: 'AGENT', help: 'agent to talk to (default: the first one)' },
  options: { chat: withDefault(text('NAME'), 'main', 'which chat with the agent') },
  startOptions: OPTION_NAMES,
  examples: [
    'npx tsx run.ts chat assistant',
    'npx tsx run.ts chat assistant --backend http://127.0.0.1:8080',
    "echo 'Hello, who are you?' | npx tsx run.ts chat assistant",
  ],
  run: async (invocation) => (await import('./chat/run.ts')).runChat(invocation),
});
