/** The command line: reads flags as they were given, and writes `--help`. What the values mean is resolve-options.ts' part. */
import type { Command, CommanderError } from 'commander';
import { nearestName } from '../policy/nearest-name.ts';
import { usageFailure } from './failure.ts';
import { COMMANDS, flagOf, OPTIONS, type OptionName, optionRows } from './options.ts';

type CommandName = 'start' | keyof typeof COMMANDS;

/** Flags with their text; several texts where a flag may be repeated. */
export type GivenOptions = { [K in OptionName]?: string | string[] };

export interface CommandLine {
  command: CommandName;
  given: GivenOptions;
}

const COMMAND_NAMES = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];

const EXAMPLES = `
Examples:
  npx tsx run.ts
  npx tsx run.ts --backend http://127.0.0.1:8080 --model NAME
  npx tsx run.ts --policy ./my-policy.ts
  npx tsx run.ts --stop

A value on the command line goes before one in the environment, that before one in the configuration file.
Exit codes: 0 ok, 1 failure, 2 wrong usage or configuration, 130 interrupted.`;

/** @throws Failure (exit code 2) for an unknown flag, a flag without its value, two commands at once */
export async function readCommandLine(argumentList: readonly string[]): Promise<CommandLine> {
  const program = await describe();
  try {
    program.parse(argumentList, { from: 'user' });
  } catch (error) {
    throw usageFailure(explain(error as CommanderError));
  }
  const values = program.opts<GivenOptions & Partial<Record<CommandName, boolean>>>();
  const commands = COMMAND_NAMES.filter((name) => values[name]);
  if (commands.length > 1) throw usageFailure(`Use one of ${commands.map(flagOf).join(' and ')}, not both.`);
  const given = Object.entries(values).filter(([name]) => name in OPTIONS);
  return { command: commands[0] ?? 'start', given: Object.fromEntries(given) };
}

/** The text of `--help`. */
export async function helpText(): Promise<string> {
  return (await describe()).helpInformation().trimEnd() + EXAMPLES.replace(/^/, '\n');
}

async function describe(): Promise<Command> {
  const commander = await import('commander');
  const program = new commander.Command('interject')
    .usage('[options]')
    .description('A lightweight supervisor for local LLM agents.')
    .helpOption(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const row of optionRows()) {
    const option = new commander.Option(`${row.flag} <${row.placeholder}>`, helpOf(row));
    program.addOption(row.repeatable ? option.argParser(collect) : option);
  }
  for (const name of COMMAND_NAMES) program.option(name === 'help' ? '-h, --help' : flagOf(name), COMMANDS[name]);
  return program;
}

function helpOf({ help, byDefault, variable }: ReturnType<typeof optionRows>[number]): string {
  return `${help}${byDefault === undefined ? '' : ` (default: ${byDefault})`} [${variable}]`;
}

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

function explain(error: CommanderError): string {
  const message = error.message.replace(/^error: /, '').split('\n')[0] ?? '';
  const flag = /'(-[^'\s=]*)/.exec(message)?.[1];
  if (error.code === 'commander.unknownOption' && flag !== undefined) return unknownOption(flag);
  if (error.code === 'commander.excessArguments') return `${capital(message)} Options begin with --; see --help.`;
  return `${capital(message)}. See --help.`;
}

/** Names the nearest flag, however far it is: with one at hand the reader sees at once what was meant. */
function unknownOption(flag: string): string {
  const known = [...optionRows().map((row) => row.flag), ...COMMAND_NAMES.map(flagOf)];
  const nearest = nearestName(flag, known);
  const hint = nearest === undefined ? 'See --help.' : `Did you mean ${nearest}?`;
  return `There is no option ${flag}. ${hint}`;
}

function capital(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
