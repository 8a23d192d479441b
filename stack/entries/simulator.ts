/** Entry of the built-in model server. */
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import { runChild } from '../child.ts';
import { describeListenError } from '../listen-error.ts';
import { createLog } from '../log.ts';

runChild({
  role: 'model',
  openLog: createLog,
  async begin({ port, slots }) {
    const simulator = await startSimulator({ port, slots }).catch((error: unknown) => {
      throw describeListenError(error, '127.0.0.1', port);
    });
    return { ready: { port: simulator.port }, stop: () => simulator.close() };
  },
});
