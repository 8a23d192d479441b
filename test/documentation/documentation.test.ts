import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TABLES, withTables } from './tables.ts';

const ROOT = join(import.meta.dirname, '../..');
const document = readFileSync(join(ROOT, 'multiagent.md'), 'utf8');

test('every table of multiagent.md is what the code says', () => {
  for (const name of Object.keys(TABLES)) expect(document).toContain(`<!-- table: ${name} -->`);
  expect(document, 'run: npm run docs:tables').toBe(withTables(document));
});

test('every file that the file map names is there', () => {
  const map = document.slice(document.indexOf('## Where things are'), document.indexOf('## Policies'));
  const rows = map.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const names = [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const folder = names[0]?.includes('/') ? names[0].replace(/[^/]*$/, '') : '';
    for (const name of names)
      expect(existsSync(join(ROOT, name)) || existsSync(join(ROOT, folder, name)), name).toBe(true);
  }
});

test('every reason a run can fail with is named', () => {
  for (const code of ['policy_failed', 'policy_quarantined', 'intervention_limit', 'agent_died', 'agent_failed']) {
    expect(document).toContain(`\`${code}\``);
  }
});
