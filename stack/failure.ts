/** How a command of a person fails: a message for them and the exit code. */

/** Exit codes of the `interject` command. */
export const EXIT = {
  ok: 0,
  /** It could not be done, or it broke. */
  failed: 1,
  /** `--status`: processes or files of a stack that has ended are still there. */
  stale: 1,
  /** The command line, the environment or the configuration is wrong. */
  usage: 2,
  /** `--status`: nothing runs. */
  stopped: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** A failure that is told as it is, without a stack trace: it says what, where and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A wrong command line, environment or configuration. */
export function usageFailure(message: string): Failure {
  return new Failure(message, EXIT.usage);
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
