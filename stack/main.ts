/** What the command line does: reads it, and hands over to the one command that was asked for. */
import { resolve } from 'node:path';
import { helpText, type PlainCommand, readCommandLine, type SubcommandCall } from './command-line.ts';
import { readOwnOptions } from './commands/declare.ts';
import { EndingSignals } from './ending-signals.ts';
import { EXIT, Failure } from './failure.ts';
import { ignoreLostTerminal, say } from './terminal.ts';

/** Runs the command line and returns the exit code; everything that goes wrong has been told on stderr by then. */
export async function main(argumentList: readonly string[]): Promise<number> {
  ignoreLostTerminal();
  try {
    const read = await readCommandLine(argumentList);
    return await (read.command === 'subcommand' ? runSubcommand(read) : COMMANDS[read.command](read));
  } catch (error) {
    return tell(error);
  }
}

function runSubcommand({ subcommand, argument, object, own, given }: SubcommandCall): Promise<number> {
  return subcommand.run({ argument, object, own: readOwnOptions(subcommand.options, own), given });
}

const COMMANDS = {
  async help({ subcommand }: PlainCommand): Promise<number> {
    say(await helpText(subcommand));
    return EXIT.ok;
  },
  async version(): Promise<number> {
    say((await import('./project.ts')).version());
    return EXIT.ok;
  },
  async stop({ given }: PlainCommand): Promise<number> {
    const { options } = await readOptions(given);
    const { stop } = await import('./stop.ts');
    return stop({ folder: resolve(options.data), graceMs: options.graceSeconds * 1000 });
  },
  async status({ given }: PlainCommand): Promise<number> {
    const { options } = await readOptions(given);
    const { status } = await import('./status.ts');
    return status({ folder: resolve(options.data), token: options.token });
  },
  async start({ given }: PlainCommand): Promise<number> {
    const signals = new EndingSignals();
    const { options, configuration } = await readOptions(given);
    const [{ makePlan }, { start }] = await Promise.all([import('./plan.ts'), import('./start.ts')]);
    return start(makePlan(options, configuration, process.cwd()), signals);
  },
};

async function readOptions(given: PlainCommand['given']) {
  return (await import('./read-options.ts')).readOptions(given);
}

function tell(error: unknown): number {
  const isForeseen = error instanceof Failure;
  process.stderr.write(`interject: ${isForeseen ? error.message : ((error as Error)?.stack ?? String(error))}\n`);
  return isForeseen ? error.exitCode : EXIT.failed;
}
