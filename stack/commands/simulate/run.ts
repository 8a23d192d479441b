/** Runs the simulator in this process until a signal ends it. */
import { startSimulator } from '../../../agent/backend/simulator/server.ts';
import { EndingSignals } from '../../ending-signals.ts';
import { EXIT } from '../../failure.ts';
import { describeListenError } from '../../listen-error.ts';
import { paintFor, say } from '../../terminal.ts';

export interface SimulateValues {
  port: number;
  host: string;
  tokensPerSecond: number;
  ttftMs: number;
  slots: number;
  seed: number;
  context: number;
  model: string;
}

/** Returns the exit code after SIGTERM, SIGINT or SIGHUP. @throws Failure when it cannot listen */
export async function runSimulator(values: SimulateValues): Promise<number> {
  const signals = new EndingSignals();
  const { context, model, ...options } = values;
  const simulator = await startSimulator({ ...options, contextTokens: context, models: [model] }).catch(
    (error: unknown) => {
      throw describeListenError(error, values.host, values.port);
    },
  );
  const paint = await paintFor(process.stdout);
  say(
    [
      `${paint.bold('The simulator')} listens at ${paint.cyan(simulator.url)}`,
      `It speaks llama-server's and Ollama's HTTP; its model is called ${model} and makes its answers up.`,
      `${paint.dim('attach')}  npx tsx run.ts --backend ${simulator.url}`,
      `${paint.dim('stop')}    Ctrl-C`,
    ].join('\n'),
  );
  const signal = await signals.first;
  await simulator.close();
  return signal === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
}
