/** Child specifications for the fixture programs. */
import { fileURLToPath } from 'node:url';
import type { ChildSpecification, ForkedProgram } from '../../stack/child-specification.ts';
import type { ChildExit } from '../../supervisor/settings.ts';

type Changes = Partial<Omit<ChildSpecification, 'start'>> & {
  environment?: Record<string, string>;
  /** Told to the child as its log file. */
  logFile?: string;
  /** Called at every start. */
  onStart?(life: { previousExit: ChildExit | undefined }): void;
};

/** A specification of a program in test/fixtures/stack; by default an agent that init can do without. */
export function childOf(program: string, changes: Changes = {}): ChildSpecification & { start: ForkedProgram } {
  const { environment = {}, logFile = '/dev/null', onStart, ...others } = changes;
  const id = changes.id ?? program.replace(/\..*/, '');
  return {
    id,
    kind: 'agent',
    start: {
      file: fileURLToPath(new URL(`../fixtures/stack/${program}`, import.meta.url)),
      execArgv: program.endsWith('.ts') ? ['--import', 'tsx'] : [],
      environment: { PATH: process.env.PATH ?? '', ...environment },
      message: ({ incarnation, previousExit }) => {
        onStart?.({ previousExit });
        const log = { file: logFile, level: 'info' };
        return { role: 'agent', agent: id, incarnation, socketPath: '/nowhere.sock', backends: [], log };
      },
    },
    restart: 'permanent',
    shutdownMs: 2000,
    startMs: 20_000,
    significant: false,
    ...others,
  };
}
