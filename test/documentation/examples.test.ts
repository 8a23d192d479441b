/** The TypeScript of multiagent.md compiles as it stands there, and is what it says it is: a policy, a configuration. */
import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPolicy } from '../../policy/read-policy.ts';
import { loadConfiguration } from '../../stack/config.ts';
import { makePlan } from '../../stack/plan.ts';
import { bundlePolicy } from '../../stack/policy-bundle.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { resolveOptions } from '../../stack/resolve-options.ts';
import { stopBundler } from '../../stack/user-module.ts';
import { codeBlocks, MULTIAGENT } from './code-blocks.ts';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'examples-'));
const EXAMPLES = codeBlocks(MULTIAGENT, 'ts').map((text, index) => ({ name: `example-${index + 1}.ts`, text }));
const [policies, configurations] = ['definePolicy(', 'defineConfig('].map((call) =>
  EXAMPLES.filter(({ text }) => text.includes(call)),
) as [typeof EXAMPLES, typeof EXAMPLES];

/** Shows that the types do catch something. */
const MISTAKEN = `import { definePolicy } from 'interject';
// @ts-expect-error: there is no such action
export default definePolicy({ name: 'mistaken', onText: () => ({ action: 'interjekt', text: 'no' }) });`;

/** As the project compiles, with what users import being the project itself. */
const COMPILATION = {
  extends: join(PROJECT_ROOT, 'tsconfig.json'),
  compilerOptions: {
    paths: { interject: [join(PROJECT_ROOT, 'stack/index.ts')] },
    typeRoots: [join(PROJECT_ROOT, 'node_modules/@types')],
  },
  include: ['*.ts'],
  exclude: [],
};

beforeAll(() => {
  for (const { name, text } of EXAMPLES) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'mistaken.ts'), MISTAKEN);
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(COMPILATION));
});
afterAll(async () => {
  await stopBundler();
  rmSync(folder, { recursive: true, force: true });
});

test('each is a policy or a configuration', () => {
  expect(policies.length).toBeGreaterThan(0);
  expect(configurations.length).toBeGreaterThan(0);
  expect(policies.length + configurations.length).toBe(EXAMPLES.length);
});

test('all compile', async () => {
  const compiler = join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc');
  const printed = await new Promise((resolve) => {
    execFile(process.execPath, [compiler, '-p', folder], (_error, output, errors) => resolve(output + errors));
  });
  expect(printed).toBe('');
});

test.each(policies)('the policy $name loads', async ({ name }) => {
  const { file } = await bundlePolicy(join(folder, name), name, folder);
  const { default: policy } = await import(pathToFileURL(file).href);
  expect(readPolicy(policy)).toMatchObject({ name: expect.any(String), onText: expect.any(Function) });
});

test.each(configurations)('the configuration $name loads, and a stack can be planned with it', async ({ name }) => {
  const loaded = await loadConfiguration(name, folder);
  const options = resolveOptions({ commandLine: {}, environment: {} });
  const plan = makePlan(options, loaded, folder);
  expect(plan.agents.map((agent) => agent.name)).toEqual(loaded?.agents?.map((agent) => agent.name));
  expect(plan.agents.length).toBeGreaterThan(0);
});
