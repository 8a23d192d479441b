/** Imports run one way, and the rules that say so refuse what they are meant to refuse. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { cruise, type Violation } from './cruise.ts';
import { arrowsProject, smallProject } from './small-project.ts';

const ROOMS = ['run.ts', 'agent', 'supervisor', 'policy', 'ui', 'swarm', 'stack', 'bench'];

/** Who imports what, and the rule that is broken by it; no rule: that is allowed. */
const ARROWS: [from: string, to: string, rule?: string][] = [
  ['policy/to-agent', '../agent/plain.ts', 'policy-stands-alone'],
  ['policy/to-supervisor', '../supervisor/plain.ts', 'policy-stands-alone'],
  ['agent/to-policy', '../policy/plain.ts', 'agent-stands-alone'],
  ['agent/to-supervisor', '../supervisor/plain.ts', 'agent-stands-alone'],
  ['agent/to-zod', 'zod', 'agents-stay-small'],
  ['agent/to-parser', 'eventsource-parser'],
  ['agent/to-node', 'node:http'],
  ['supervisor/to-agent', '../agent/plain.ts', 'supervisor-knows-bus-backend-and-policy'],
  ['supervisor/to-simulator', '../agent/backend/simulator/plain.ts', 'supervisor-knows-bus-backend-and-policy'],
  ['supervisor/to-ui', '../ui/plain.ts', 'supervisor-knows-bus-backend-and-policy'],
  ['supervisor/to-stack', '../stack/plain.ts', 'supervisor-knows-bus-backend-and-policy'],
  ['supervisor/to-bus', '../agent/bus/plain.ts'],
  ['supervisor/to-policy', '../policy/plain.ts'],
  ['ui/to-supervisor', '../supervisor/plain.ts', 'doors-know-the-service-only'],
  ['ui/to-agent', '../agent/plain.ts', 'doors-know-the-service-only'],
  ['ui/to-stack', '../stack/plain.ts', 'doors-know-the-service-only'],
  ['ui/to-swarm', '../swarm/plain.ts', 'doors-know-the-service-only'],
  ['ui/to-swarm-request', '../swarm/request.ts'],
  ['ui/to-service', '../supervisor/service.ts'],
  ['ui/to-fastify', 'fastify'],
  ['ui/page/to-door', '../plain.ts', 'the-page-is-for-browsers'],
  ['ui/page/to-node', 'node:fs', 'the-page-is-for-browsers'],
  ['swarm/to-agent', '../agent/plain.ts', 'swarm-stands-alone'],
  ['swarm/to-policy', '../policy/plain.ts', 'swarm-stands-alone'],
  ['swarm/to-supervisor', '../supervisor/plain.ts', 'swarm-stands-alone'],
  ['swarm/to-stack', '../stack/plain.ts', 'swarm-stands-alone'],
  ['swarm/to-zod', 'zod'],
  ['policy/to-swarm', '../swarm/plain.ts', 'policy-stands-alone'],
  ['agent/to-swarm', '../swarm/plain.ts', 'agent-stands-alone'],
  ['supervisor/to-swarm', '../swarm/plain.ts'],
  ['stack/to-swarm', '../swarm/plain.ts'],
  ['stack/to-ui', '../ui/plain.ts'],
  ['stack/to-bench', '../bench/plain.ts', 'nothing-imports-the-bench'],
  ['stack/to-entry', './entries/plain.ts', 'nothing-imports-a-program'],
  ['stack/to-run', '../run.ts', 'nothing-imports-a-program'],
  ['stack/to-test', '../test/plain.ts', 'nothing-imports-a-test'],
  ['stack/to-sqlite', 'better-sqlite3', 'one-door-to-sqlite'],
  ['supervisor/store/to-sqlite', 'better-sqlite3-12', 'one-door-to-sqlite'],
  ['stack/to-fastify', 'fastify', 'one-door-to-fastify'],
  ['supervisor/to-fastify', 'fastify-type-provider-zod', 'one-door-to-fastify'],
  ['stack/to-unlisted', 'left-pad', 'no-unlisted-packages'],
];

/** Browser code may know the types of what it is sent. */
const FREE_FOR_TYPES = 'the-page-is-for-browsers';

const lines = (violations: Violation[]): string[] => violations.map(({ rule, from }) => `${from}: ${rule.name}`).sort();

test('the project keeps to its layers', async () => {
  const { totalCruised, violations } = await cruise(PROJECT_ROOT, ROOMS);
  expect(violations).toEqual([]);
  expect(totalCruised).toBeGreaterThanOrEqual(100);
});

test('npm run layers looks at every room that is compiled', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(PROJECT_ROOT, file), 'utf8'));
  const compiled: string[] = read('tsconfig.json').include;
  expect(compiled.filter((place) => !/^(test|examples|.*\.config\.ts)$/.test(place)).sort()).toEqual([...ROOMS].sort());
  expect(read('package.json').scripts.layers).toMatch(new RegExp(` ${ROOMS.join(' ')}$`));
});

test('an arrow the wrong way and a second door are refused, however the import is written', async () => {
  const { folder, forms } = arrowsProject(ARROWS);
  const { violations } = await cruise(folder, ROOMS);
  const expected = ARROWS.flatMap(([from, , rule]) => {
    const refused = forms.filter((form) => !(rule === FREE_FOR_TYPES && form === 'types'));
    return rule === undefined ? [] : refused.map((form) => `${from}-${form}.ts: ${rule}`);
  });
  expect(lines(violations)).toEqual(expected.sort());
});

test('a circle, also one of types, and a module that nobody imports are refused', async () => {
  const folder = smallProject({
    'stack/one.ts': `export { two } from './two.ts';`,
    'stack/two.ts': `import type { Three } from './three.ts'; export const two: Three = 2;`,
    'stack/three.ts': `import './one.ts'; export type Three = number;`,
    'stack/alone.ts': 'export const alone = 1;',
  });
  const { violations } = await cruise(folder, ['stack']);
  expect(lines(violations)).toEqual(['stack/alone.ts: no-orphans', 'stack/one.ts: no-circular']);
});
