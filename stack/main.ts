/** What the command line does: reads it, and hands over to the one command that was asked for. */
import { resolve } from 'node:path';
import type { GivenOptions } from './command-line.ts';
import { helpText, readCommandLine } from './command-line.ts';
import { EndingSignals } from './ending-signals.ts';
import { EXIT, Failure } from './failure.ts';
import type { OptionSources } from './resolve-options.ts';
import { resolveOption, resolveOptions } from './resolve-options.ts';
import { ignoreLostTerminal, say } from './terminal.ts';

/** Runs the command line and returns the exit code; everything that goes wrong has been told on stderr by then. */
export async function main(argumentList: readonly string[]): Promise<number> {
  ignoreLostTerminal();
  try {
    const { command, given } = await readCommandLine(argumentList);
    return await COMMANDS[command](given);
  } catch (error) {
    return tell(error);
  }
}

const COMMANDS = {
  async help(): Promise<number> {
    say(await helpText());
    return EXIT.ok;
  },
  async version(): Promise<number> {
    say((await import('./project.ts')).version());
    return EXIT.ok;
  },
  async stop(given: GivenOptions): Promise<number> {
    const { options } = await readOptions(given);
    const { stop } = await import('./stop.ts');
    return stop({ folder: resolve(options.data), graceMs: options.graceSeconds * 1000 });
  },
  async status(given: GivenOptions): Promise<number> {
    const { options } = await readOptions(given);
    const { status } = await import('./status.ts');
    return status({ folder: resolve(options.data), token: options.token });
  },
  async start(given: GivenOptions): Promise<number> {
    const signals = new EndingSignals();
    const { options, configuration } = await readOptions(given);
    const [{ makePlan }, { start }] = await Promise.all([import('./plan.ts'), import('./start.ts')]);
    return start(makePlan(options, configuration, process.cwd()), signals);
  },
};

async function readOptions(given: GivenOptions) {
  const sources: OptionSources = { commandLine: given, environment: process.env };
  const { loadConfiguration } = await import('./config.ts');
  const configuration = await loadConfiguration(resolveOption('config', sources), process.cwd());
  const file = configuration && { name: configuration.name, options: configuration.options };
  return { options: resolveOptions({ ...sources, file }), configuration };
}

function tell(error: unknown): number {
  const isForeseen = error instanceof Failure;
  process.stderr.write(`interject: ${isForeseen ? error.message : ((error as Error)?.stack ?? String(error))}\n`);
  return isForeseen ? error.exitCode : EXIT.failed;
}
