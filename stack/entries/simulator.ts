/** Entry of the built-in model server. */
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import { runChild } from '../child.ts';
import { describeListenError } from '../listen-error.ts';
import { createSmallLog } from '../small-log.ts';

runChild({
  role: 'model',
  openLog: createSmallLog,
  async begin({ port, slots }) {
    const simulator = await startSimulator({ port, slots }).catch((error: unknown) => {
      throw describeListenError(error, '127.0.0.1', port);
    });
    return { ready: { port: simulator.port }, stop: () => simulator.close() };
  },
});
