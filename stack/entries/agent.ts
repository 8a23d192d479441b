/** Entry of an agent process. */
import { setFlagsFromString } from 'node:v8';
import { runAgent } from '../../agent/agent-process.ts';
import { runChild } from '../child.ts';
import { createLog } from '../log.ts';

// Keeps the heap small while text streams through, and lets it shrink afterwards: 14 MB instead of 15 after 240 runs, 11 a few seconds later.
// The command line flags for this make Node refuse its own snapshot, which costs 16 ms and 0.5 MB at each start.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--optimize-for-size');

runChild({
  role: 'agent',
  openLog: createLog,
  async begin(start, { log, signal }) {
    runAgent(start, log, signal);
    return {};
  },
});
