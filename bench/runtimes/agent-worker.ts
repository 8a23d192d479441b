/** An agent in a worker thread: what `stack/entries/agent.ts` is in a process. Its settings come as the data of the worker. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { type AgentSettings, runAgent } from '../../agent/agent-process.ts';
import { SILENT_LOG } from './silent-log.ts';

const ending = new AbortController();
parentPort?.once('message', () => {
  ending.abort();
  parentPort?.close();
});
runAgent(workerData as AgentSettings, SILENT_LOG, ending.signal);
parentPort?.postMessage({ processId: process.pid, threadId });
