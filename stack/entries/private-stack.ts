/**
 * Entry of a stack that belongs to one process, its parent: it ends when that ends, by whatever, and takes its data folder with it. The
 * arguments are the folder and then those of a start.
 */
import { rmSync } from 'node:fs';
import { main } from '../main.ts';

const [folder = '', ...options] = process.argv.slice(2);
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
let code = 1;
try {
  code = await main(['--data', folder, '--host', '127.0.0.1', '--port', '0', ...options]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
