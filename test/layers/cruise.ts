/** Runs dependency-cruiser with the rules of this project, in any folder, and reads what it found. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../stack/project.ts';

/** Whoever imports what may not be imported, and the rule that says so. */
export interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

export interface Cruise {
  totalCruised: number;
  violations: Violation[];
}

const PROGRAM = join(PROJECT_ROOT, 'node_modules/.bin/depcruise');
const RULES = join(PROJECT_ROOT, '.dependency-cruiser.json');
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Cruises these files and folders of `folder`. @throws Error with what it printed when it cannot */
export function cruise(folder: string, places: readonly string[]): Promise<Cruise> {
  const given = [PROGRAM, '--config', RULES, '--output-type', 'json', ...places];
  return new Promise((resolve, reject) => {
    // Its exit code is the number of violations, so that only what it prints tells whether it ran.
    execFile(process.execPath, given, { cwd: folder, maxBuffer: MOST_OUTPUT_BYTES }, (_error, output, errors) => {
      try {
        resolve((JSON.parse(output) as { summary: Cruise }).summary);
      } catch {
        reject(new Error(errors || output));
      }
    });
  });
}
