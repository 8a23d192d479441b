/** What the package exports: the functions that give a policy file and a configuration file their types. They do nothing else. */
import type { Configuration } from '../supervisor/configuration.ts';
import type { FileOptions } from './options.ts';

export { definePolicy } from '../policy/define-policy.ts';
export type * from '../policy/policy.ts';

/** What `agents.config.ts` exports. */
export type StackConfiguration = Configuration & {
  /** Options as on the command line, for example `{ port: 9000 }`. */
  options?: FileOptions;
};

/** Returns the configuration it is given; editors then know its fields. */
export function defineConfig(configuration: StackConfiguration): StackConfiguration {
  return configuration;
}
