/** The environment that tests start whole stacks in: what a developer's shell and machine hold changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What names a model server, or sets an option. */
const OF_THE_DEVELOPER = /^(INTERJECT_|OLLAMA_HOST$|OPENAI_BASE_URL$|OPENAI_API_KEY$)/;

/**
 * This process's environment without any of that. Where neither the flags nor a configuration file in the folder name a model server, the
 * simulator is named, so that nothing is found that happens to run on this machine.
 */
export function quietEnvironment(folder: string, flags: readonly string[]): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OF_THE_DEVELOPER.test(name));
  const isNamed = flags.some((flag) => /^--(backend|model|config)\b/.test(flag)) || configures(folder, 'backends');
  return { ...Object.fromEntries(kept), ...(!isNamed && { INTERJECT_BACKEND: 'simulator' }) };
}

function configures(folder: string, field: string): boolean {
  const files = ['agents.config.ts', 'agents.config.json'].map((name) => join(folder, name));
  return files.some((file) => existsSync(file) && readFileSync(file, 'utf8').includes(field));
}
