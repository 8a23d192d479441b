/** Loads a policy in a thread of its own first: what hangs, throws or is no policy there does no harm to anybody's stream. */
import { Worker } from 'node:worker_threads';

export interface PolicyOnTrial {
  /** Its bundle. */
  file: string;
  name?: string | undefined;
  options?: unknown;
}

/** What it is called, or why it cannot be loaded. */
export type TrialResult = { name: string } | { problem: string };

const LONGEST_MS = 3000;
const HEAP_MB = 256;

/** `entry`: the bundled worker. Takes 3 s at most. */
export async function tryPolicy(entry: string, { file, name, options }: PolicyOnTrial): Promise<TrialResult> {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
  const worker = new Worker(entry, { workerData: { file, name, options }, resourceLimits });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<TrialResult>((resolve) => {
      const problem = `it did not return within ${LONGEST_MS / 1000} s while it was loaded`;
      timer = setTimeout(() => resolve({ problem }), LONGEST_MS);
      worker.on('message', resolve);
      worker.on('error', (error) => resolve({ problem: (error as Error).message }));
      worker.on('exit', () => resolve({ problem: 'it ended its process while it was loaded' }));
    });
  } finally {
    clearTimeout(timer);
    void worker.terminate();
  }
}
