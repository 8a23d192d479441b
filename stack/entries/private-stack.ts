/**
 * Entry of a stack that belongs to one process, its parent: it ends when that ends, by whatever, and takes its data folder with it. The
 * arguments are the folder and then those of a start.
 */
import { rmSync } from 'node:fs';
import { main } from '../main.ts';

/** Longer than what counts as the same wish. */
const SIGNAL_AGAIN_MS = 600;

const [folder = '', ...options] = process.argv.slice(2);
// Heard from now on, whether the stack listens for it yet or not.
process.on('SIGTERM', () => {});
process.once('disconnect', () => void insist());
let code = 1;
try {
  if (!process.connected) void insist();
  code = await main(['--data', folder, '--host', '127.0.0.1', '--port', '0', ...options]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);

/** The stack listens for signals only once it has begun to start. */
async function insist(): Promise<void> {
  for (;;) {
    process.kill(process.pid, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, SIGNAL_AGAIN_MS).unref());
  }
}
