/** The options of a start and the configuration, from all the places where they can be given. */
import { type LoadedConfiguration, loadConfiguration } from './config.ts';
import type { GivenOptions, OptionValues } from './options.ts';
import { type OptionSources, resolveOption, resolveOptions } from './resolve-options.ts';

export interface ReadOptions {
  options: OptionValues;
  configuration: LoadedConfiguration | undefined;
}

/** `given`: on the command line. @throws Failure (exit code 2) */
export async function readOptions(given: GivenOptions): Promise<ReadOptions> {
  const sources: OptionSources = { commandLine: given, environment: process.env };
  const configuration = await loadConfiguration(resolveOption('config', sources), process.cwd());
  const file = configuration && { name: configuration.name, options: configuration.options };
  return { options: resolveOptions({ ...sources, file }), configuration };
}
