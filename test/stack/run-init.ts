/** Init over fixture programs, with everything it says kept for looking at. Stopped when the test ends. */
import { onTestFinished } from 'vitest';
import type { ChildSpecification } from '../../stack/child-specification.ts';
import { Init, type InitOptions } from '../../stack/init.ts';
import type { RecordedProcess } from '../../stack/pid-file.ts';

interface Line {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  reason?: string;
  [field: string]: unknown;
}

export interface RunningInit {
  init: Init;
  lines: Line[];
  /** The processes that live now. */
  processes(): RecordedProcess[];
  /** The process of a child. */
  pidOf(id: string): number | undefined;
  /** Lines about the ends of a child, in order. */
  endsOf(id: string): Line[];
}

const QUICK = { intensity: 3, periodMs: 30_000, backOffMs: 10, longestBackOffMs: 50 };

export function runInit(stages: ChildSpecification[][], options: Partial<InitOptions> = {}): RunningInit {
  const lines: Line[] = [];
  const writer = (level: Line['level']) => (fields: object, message: string) => {
    lines.push({ level, message, ...fields });
  };
  const log = { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
  let living: RecordedProcess[] = [];
  const onProcesses = (processes: RecordedProcess[]): void => {
    living = processes;
  };
  const init = new Init({ stages, drainMs: 0, log, onProcesses, restartLimits: QUICK, ...options });
  onTestFinished(() => {
    init.hurry();
    return init.stop();
  });
  return {
    init,
    lines,
    processes: () => living,
    pidOf: (id) => living.find((recorded) => recorded.id === id)?.pid,
    endsOf: (id) => lines.filter((line) => line.id === id && line.message.includes(' ended')),
  };
}
