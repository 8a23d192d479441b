/**
 * The command line: reads the command and its flags as they were given, and writes `--help`. What the values of options mean is
 * resolve-options.ts' part.
 */
import type { Command, CommanderError, Option } from 'commander';
import { nearestName } from '../policy/nearest-name.ts';
import type { GivenTexts, Subcommand } from './commands/declare.ts';
import { SUBCOMMANDS } from './commands/index.ts';
import { usageFailure } from './failure.ts';
import {
  COMMANDS,
  flagOf,
  type GivenOptions,
  OPTIONS,
  type OptionName,
  type OptionRow,
  optionRows,
} from './options.ts';

type CommandName = 'start' | keyof typeof COMMANDS;

/** What was asked for, without a subcommand. */
export interface PlainCommand {
  command: CommandName;
  /** With `help`: the one it is about. */
  subcommand?: Subcommand;
  given: GivenOptions;
}

/** A subcommand with what it was given. */
export interface SubcommandCall {
  command: 'subcommand';
  subcommand: Subcommand;
  argument: string | undefined;
  words: readonly string[];
  /** Its own options. */
  own: GivenTexts;
  /** Options of a start. */
  given: GivenOptions;
}

export type CommandLine = PlainCommand | SubcommandCall;

const COMMAND_NAMES = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];

const EXAMPLES = `
Examples:
  npx tsx run.ts
  npx tsx run.ts --backend http://127.0.0.1:8080 --model NAME
  npx tsx run.ts --policy ./my-policy.ts
  npx tsx run.ts --stop
  npx tsx run.ts chat assistant
  npx tsx run.ts chat --help

Without a command the stack is started.
A value on the command line goes before one in the environment, that before one in the configuration file.
Exit codes: 0 ok, 1 failure, 2 wrong usage or configuration, 130 interrupted.`;

/** @throws Failure (exit code 2) for an unknown command or flag, a flag without its value, two commands at once */
export async function readCommandLine(argumentList: readonly string[]): Promise<CommandLine> {
  const program = (await describe()).passThroughOptions().allowExcessArguments(true);
  parse(program, argumentList, plainFlags());
  const [word, ...rest] = program.args;
  if (word !== undefined) {
    const before = argumentList.slice(0, argumentList.length - program.args.length);
    return readSubcommand(findSubcommand(word), [...before, ...rest]);
  }
  const values = program.opts<GivenOptions & Partial<Record<CommandName, boolean>>>();
  const commands = COMMAND_NAMES.filter((name) => values[name]);
  if (commands.length > 1) throw usageFailure(`Use one of ${commands.map(flagOf).join(' and ')}, not both.`);
  const given = Object.entries(values).filter(([name]) => name in OPTIONS);
  return { command: commands[0] ?? 'start', given: Object.fromEntries(given) };
}

async function readSubcommand(subcommand: Subcommand, argumentList: readonly string[]): Promise<CommandLine> {
  const command = await describeSubcommand(subcommand);
  parse(command, argumentList, subcommandFlags(subcommand));
  const { help, ...values } = command.opts<Record<string, string | string[]>>();
  if (help) return { command: 'help', subcommand, given: {} };
  const part = (isOwn: boolean) => Object.entries(values).filter(([name]) => name in subcommand.options === isOwn);
  const [argument] = command.args;
  return {
    command: 'subcommand',
    subcommand,
    argument,
    words: command.args,
    own: Object.fromEntries(part(true)),
    given: Object.fromEntries(part(false)),
  };
}

/** The text of `--help`, of the whole command or of a subcommand. */
export async function helpText(subcommand?: Subcommand): Promise<string> {
  if (subcommand !== undefined) {
    const examples = subcommand.examples.map((example) => `\n  ${example}`).join('');
    return `${(await describeSubcommand(subcommand)).helpInformation().trimEnd()}\n\nExamples:${examples}`;
  }
  const program = (await describe()).usage('[command] [options]').helpCommand(false);
  for (const { name, argument, help } of SUBCOMMANDS) {
    program
      .command(`${name}${argument === undefined ? '' : ` ${placeholderOf(argument)}`}`)
      .helpOption(false)
      .summary(help);
  }
  return program.helpInformation().trimEnd() + EXAMPLES.replace(/^/, '\n');
}

async function describe(): Promise<Command> {
  const program = await newCommand('npx tsx run.ts', 'A lightweight supervisor for local LLM agents.');
  for (const row of optionRows()) program.addOption(await startOption(row));
  for (const name of COMMAND_NAMES) program.option(name === 'help' ? '-h, --help' : flagOf(name), COMMANDS[name]);
  return program;
}

async function describeSubcommand({ name, help, argument, options, startOptions }: Subcommand): Promise<Command> {
  const { Option } = await import('commander');
  const command = await newCommand(`npx tsx run.ts ${name}`, sentence(help));
  if (argument !== undefined) command.argument(placeholderOf(argument), argument.help);
  command.usage(`${argument === undefined ? '' : `${placeholderOf(argument)} `}[options]`);
  for (const [own, { kind, byDefault, help }] of Object.entries(options)) {
    const shown = byDefault === undefined ? help : `${help} (default: ${byDefault})`;
    const value = kind.placeholder === '' ? '' : ` <${kind.placeholder}>`;
    command.addOption(repeated(new Option(`${flagOf(own)}${value}`, shown), kind.repeatable));
  }
  command.option('-h, --help', 'show this help');
  command.optionsGroup('Options as of a start:');
  for (const row of startRows(startOptions, options)) command.addOption(await startOption(row));
  return command;
}

function placeholderOf({ placeholder, isRepeatable }: NonNullable<Subcommand['argument']>): string {
  return `[${placeholder}${isRepeatable ? '...' : ''}]`;
}

async function newCommand(name: string, description: string): Promise<Command> {
  const { Command } = await import('commander');
  return new Command(name)
    .usage('[options]')
    .description(description)
    .helpOption(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
}

async function startOption({ flag, placeholder, help, byDefault, variable, repeatable }: OptionRow): Promise<Option> {
  const { Option } = await import('commander');
  const shown = `${help}${byDefault === undefined ? '' : ` (default: ${byDefault})`} [${variable}]`;
  return repeated(new Option(`${flag} <${placeholder}>`, shown), repeatable);
}

function startRows(names: readonly OptionName[], own: Subcommand['options']): OptionRow[] {
  const flags = names.filter((name) => !(name in own)).map(flagOf);
  return optionRows().filter(({ flag }) => flags.includes(flag));
}

function repeated(option: Option, repeatable: boolean): Option {
  return repeatable ? option.argParser((value: string, earlier: string[] = []) => [...earlier, value]) : option;
}

function parse(command: Command, argumentList: readonly string[], flags: readonly string[]): void {
  try {
    command.parse(argumentList, { from: 'user' });
  } catch (error) {
    throw usageFailure(explain(error as CommanderError, flags));
  }
}

function plainFlags(): string[] {
  return [...optionRows().map(({ flag }) => flag), ...COMMAND_NAMES.map(flagOf)];
}

function subcommandFlags({ options, startOptions }: Subcommand): string[] {
  return [...Object.keys(options).map(flagOf), ...startRows(startOptions, options).map(({ flag }) => flag), '--help'];
}

function findSubcommand(word: string): Subcommand {
  const found = SUBCOMMANDS.find(({ name }) => name === word);
  if (found !== undefined) return found;
  const names = SUBCOMMANDS.map(({ name }) => name);
  const nearest = nearestName(word, names);
  const hint = nearest === undefined ? `Commands are ${names.join(', ')}; without one the stack is started` : '';
  throw usageFailure(
    `There is no command ${word}. ${hint === '' ? `Did you mean ${nearest}?` : `${hint}. See --help.`}`,
  );
}

function explain(error: CommanderError, flags: readonly string[]): string {
  const message = error.message.replace(/^error: /, '').split('\n')[0] ?? '';
  const flag = /'(-[^'\s=]*)/.exec(message)?.[1];
  if (error.code === 'commander.unknownOption' && flag !== undefined) return unknownOption(flag, flags);
  if (error.code === 'commander.excessArguments') return `${capital(message)} See --help.`;
  return `${capital(message)}. See --help.`;
}

/** Names the nearest flag, however far it is: with one at hand the reader sees at once what was meant. */
function unknownOption(flag: string, known: readonly string[]): string {
  const nearest = nearestName(flag, known);
  const hint = nearest === undefined ? 'See --help.' : `Did you mean ${nearest}?`;
  return `There is no option ${flag}. ${hint}`;
}

function capital(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function sentence(help: string): string {
  return `${capital(help)}.`;
}
