/** Programs of the stack as children of the benchmark: started, awaited, and ended with it. They end themselves when it is killed. */
import { join } from 'node:path';
import { bundleEntries, type Entry } from '../../stack/bundle.ts';
import { ChildLife } from '../../stack/child-life.ts';
import type { StartMessage } from '../../stack/child-specification.ts';
import { Failure } from '../../stack/failure.ts';

const START_MS = 30_000;
const END_MS = 2000;
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];

export interface Child {
  pid: number;
  /** Where it listens, when it does. */
  port: number | undefined;
  /** Resolves when it is gone. */
  close(): Promise<void>;
}

/** Forks a program and waits until it is ready. @throws Failure why it cannot start */
export async function startChild(entry: Entry, id: string, message: StartMessage): Promise<Child> {
  const file = join(await bundleEntries(), `${entry}.mjs`);
  const start = { file, execArgv: [], environment: environment(), message: () => message };
  return new Promise((resolve, reject) => {
    const errors: string[] = [];
    const life = new ChildLife({ id, startMs: START_MS, start }, undefined, {
      onLoading() {},
      onErrorLine: (line) => errors.push(line),
      onMessage(told) {
        if (told.type === 'ready')
          resolve({ pid: life.pid, port: told.port, close: () => life.stop(END_MS).then(() => undefined) });
      },
    });
    void life.exited.then((exit) => {
      reject(
        new Failure(`${id} cannot start: ${life.reason(exit)}${errors.length > 0 ? `\n${errors.join('\n')}` : ''}`),
      );
    });
  });
}

/** One arena keeps a child small; see stack/specifications.ts. */
function environment(): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(passedOn), MALLOC_ARENA_MAX: '1' };
}
