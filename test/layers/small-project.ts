/** Projects of a few modules in a folder of their own, to try rules on. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { temporaryFolder } from '../stack/temporary-folder.ts';

/** Every way to import something: name → text of a module. */
const FORMS: Record<string, (to: string) => string> = {
  values: (to) => `import { plain } from '${to}'; export default plain;`,
  types: (to) => `import type { Plain } from '${to}'; export type Mine = Plain;`,
  later: (to) => `export const plain = () => import('${to}');`,
  again: (to) => `export * from '${to}';`,
};

const LISTED = [
  'better-sqlite3',
  'better-sqlite3-12',
  'eventsource-parser',
  'fastify',
  'fastify-type-provider-zod',
  'zod',
];
const UNLISTED = ['left-pad'];

/** A folder with these files, which is gone when the test has ended. `files`: path → content. */
export function smallProject(files: Record<string, string>): string {
  const folder = temporaryFolder();
  cpSync(join(PROJECT_ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  const dependencies = Object.fromEntries(LISTED.map((name) => [name, '1.0.0']));
  const all = { 'package.json': JSON.stringify({ name: 'small', type: 'module', dependencies }), ...files };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** For each arrow `from` → `to` one module `<from>-<form>.ts` for each form of an import, and what is imported. */
export function arrowsProject(arrows: readonly (readonly [from: string, to: string, ...rest: unknown[]])[]) {
  const files: Record<string, string> = { 'run.ts': '' };
  for (const name of [...LISTED, ...UNLISTED]) {
    files[`node_modules/${name}/package.json`] = JSON.stringify({ name, version: '1.0.0', main: 'index.js' });
    files[`node_modules/${name}/index.js`] = 'exports.plain = 1;';
  }
  for (const [from, to] of arrows) {
    if (to.startsWith('.')) files[join(dirname(from), to)] = 'export const plain = 1; export type Plain = number;';
    for (const [form, module] of Object.entries(FORMS)) files[`${from}-${form}.ts`] = module(to);
  }
  return { folder: smallProject(files), forms: Object.keys(FORMS) };
}
