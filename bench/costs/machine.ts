/** What was measured, and on what: stands above the figures of every benchmark. */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** Two lines: the machine, and the versions. */
export function machine(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  const cores = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return (
    `machine: ${cores.length} x ${cores[0]?.model}, ${memory}, ${process.platform}\n` +
    `node ${process.version}, commit ${commit}, ${new Date().toISOString()}`
  );
}
