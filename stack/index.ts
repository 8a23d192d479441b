/** What the package exports: what policy files and configuration files are written with. */
import type { Configuration } from '../supervisor/configuration.ts';
import type { FileOptions } from './options.ts';

export { z } from 'zod';
export { definePolicy } from '../policy/define-policy.ts';
export type * from '../policy/policy.ts';
export { block, cut, interject, pause, redact, terminate } from '../policy/verdicts.ts';

/** What `agents.config.ts` exports. */
export type StackConfiguration = Configuration & {
  /** Options as on the command line, for example `{ port: 9000 }`. */
  options?: FileOptions;
};

/** Returns the configuration it is given; editors then know its fields. */
export function defineConfig(configuration: StackConfiguration): StackConfiguration {
  return configuration;
}
