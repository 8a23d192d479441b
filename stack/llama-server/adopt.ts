/** Finds the llama-servers that a killed stack has left and that fit: they have their model loaded, which may have taken minutes. */
import type { RecordedProcess } from '../pid-file.ts';
import { isAlive } from '../process-identity.ts';
import type { LlamaServerCommand } from './command.ts';
import { askHealth } from './health.ts';

/** A process of the PID file that is to be kept, with its port. */
export type AdoptableProcess = RecordedProcess & { port: number };

/** Those that live, were started by the same command and answer. */
export async function findAdoptable(
  commands: readonly LlamaServerCommand[],
  recorded: readonly RecordedProcess[],
): Promise<AdoptableProcess[]> {
  const fitting = recorded.filter(
    (process): process is AdoptableProcess =>
      process.port !== undefined &&
      commands.some(({ id, fingerprint }) => process.id === id && process.command === fingerprint) &&
      isAlive(process),
  );
  const answers = await Promise.all(fitting.map(({ port }) => askHealth(port, new AbortController().signal)));
  return fitting.filter((_, index) => answers[index] !== 'silent');
}
