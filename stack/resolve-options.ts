/** One value for every option: command line before environment before configuration file before default. */
import { nearestName } from '../policy/nearest-name.ts';
import { messageOf, usageFailure } from './failure.ts';
import {
  flagOf,
  type GivenOptions,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type OptionValues,
  variableOf,
} from './options.ts';

/** Where options can be given, beside the defaults. */
export interface OptionSources {
  commandLine: GivenOptions;
  environment: Readonly<Record<string, string | undefined>>;
  /** `options` of the configuration file, and the file's name for messages. */
  file?: { name: string; options: Record<string, unknown> } | undefined;
}

interface Given {
  /** For messages: the flag, the variable, or file and field. */
  where: string;
  value: unknown;
}

/** @throws Failure (exit code 2) that names where the bad value was given, what is wrong and what would be right */
export function resolveOptions(sources: OptionSources): OptionValues {
  checkFileOptions(sources.file);
  return Object.fromEntries(OPTION_NAMES.map((name) => [name, resolve(name, sources)])) as OptionValues;
}

/** One option alone, for what must be known before the configuration file is read. */
export function resolveOption<K extends OptionName>(name: K, sources: OptionSources): OptionValues[K] {
  return resolve(name, sources) as OptionValues[K];
}

function resolve(name: OptionName, sources: OptionSources): unknown {
  const given = find(name, sources);
  if (given === undefined) return OPTIONS[name].byDefault;
  try {
    return OPTIONS[name].kind.read(given.value);
  } catch (error) {
    throw usageFailure(`${given.where}: ${messageOf(error)}.`);
  }
}

function find(name: OptionName, { commandLine, environment, file }: OptionSources): Given | undefined {
  if (commandLine[name] !== undefined) return { where: flagOf(name), value: commandLine[name] };
  const variable = variableOf(name);
  // An empty variable is how shells unset one.
  if (environment[variable]) return { where: variable, value: environment[variable] };
  const value = file?.options[name];
  return value === undefined ? undefined : { where: `${file?.name}: options.${name}`, value };
}

function checkFileOptions(file: OptionSources['file']): void {
  const allowed = OPTION_NAMES.filter((name) => OPTIONS[name].inFile);
  const unknown = Object.keys(file?.options ?? {}).find((name) => !allowed.some((known) => known === name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, allowed);
  const hint = nearest === undefined ? `known are ${allowed.join(', ')}.` : `did you mean ${nearest}?`;
  throw usageFailure(`${file?.name}: options.${unknown}: there is no such option; ${hint}`);
}
