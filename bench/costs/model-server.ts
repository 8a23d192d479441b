/** The model of the benchmarks: the simulator in a process of its own. Its settings come as JSON in the first argument. */
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../agent/backend/simulator/settings.ts';

const simulator = await startSimulator(JSON.parse(process.argv[2] ?? '{}') as SimulatorOptions);
process.send?.({ url: simulator.url });
process.on('disconnect', () => process.exit());
