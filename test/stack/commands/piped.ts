/** Runs a command with a pipe as its input. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PROJECT_ROOT } from '../../../stack/project.ts';
import { quietEnvironment } from '../quiet-environment.ts';

const TSX = import.meta.resolve('tsx');

export interface PipedCommand {
  process: ChildProcess;
  /** Writes lines to its input. */
  type(...lines: string[]): void;
  /** Ends its input. */
  end(): void;
  output(): string;
  errors(): string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string; errors: string }>;
}

/** `temporary`: folder that the command has its temporary files in. */
export function piped(
  folder: string,
  given: string[],
  temporary = folder,
  environment: Record<string, string> = {},
): PipedCommand {
  const child = spawn(process.execPath, ['--import', TSX, join(PROJECT_ROOT, 'run.ts'), ...given], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...quietEnvironment(folder, given), ...environment, TMPDIR: temporary },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  const text = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text.output += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    text.errors += piece;
  });
  return {
    process: child,
    type: (...lines) => void child.stdin.write(lines.map((line) => `${line}\n`).join('')),
    end: () => void child.stdin.end(),
    output: () => text.output,
    errors: () => text.errors,
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, ...text })),
  };
}
