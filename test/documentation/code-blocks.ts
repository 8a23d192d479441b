/** What stands in the fenced blocks of the documents. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../stack/project.ts';

export const README = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8');
export const MULTIAGENT = readFileSync(join(PROJECT_ROOT, 'multiagent.md'), 'utf8');

/** The texts of all fenced blocks in a language. */
export function codeBlocks(document: string, language: string): string[] {
  const blocks = document.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, named, text = '']) => (named === language ? text : []));
}

/** The commands of all `sh` blocks in their order, without comments; one that goes on in the next line is one. */
export function shellCommands(document: string): string[] {
  const lines = codeBlocks(document, 'sh').flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
  return lines.map((line) => line.replace(/(^|\s+)#\s.*$/, '').trim()).filter((line) => line !== '');
}
