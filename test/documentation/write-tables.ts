/** Writes the tables of multiagent.md anew: `npm run docs:tables`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './tables.ts';

const file = join(import.meta.dirname, '../../multiagent.md');
writeFileSync(file, withTables(readFileSync(file, 'utf8')));
