import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_POLICIES } from '../../policy/built-in.ts';
import type { LoadedConfiguration } from '../../stack/config.ts';
import { isLoopback, makePlan } from '../../stack/plan.ts';
import { resolveOptions } from '../../stack/resolve-options.ts';

const HERE = '/somewhere';

function plan(commandLine: Record<string, string | string[]>, configuration?: Partial<LoadedConfiguration>) {
  const file = { file: '/etc/stack/agents.config.ts', name: 'agents.config.ts', options: {} };
  const loaded = configuration && { ...file, ...configuration };
  return makePlan(resolveOptions({ commandLine, environment: {} }), loaded, HERE);
}

const AGENTS = [
  { name: 'a', system: 'A' },
  { name: 'b', system: 'B', backend: 'second' },
];
const BACKENDS = [
  { name: 'first', kind: 'openai' as const, url: 'http://127.0.0.1:1', slots: 2 },
  { name: 'second', kind: 'openai' as const, url: 'http://127.0.0.1:2', apiKeyVariable: 'KEY' },
];

describe('a plan', () => {
  it('without a configuration has two agents, the simulator and the default policy', () => {
    const made = plan({});
    expect(made.agents.map(({ name }) => name)).toEqual(['assistant', 'analyst']);
    expect(made.backends).toMatchObject([{ name: 'simulator', simulator: true }]);
    expect(made.backendSearch).toEqual({ model: undefined, slots: undefined });
    expect(made.gpuGroups).toEqual({});
    expect(made.policies).toEqual([{ use: 'error-keyword', path: undefined, agents: undefined }]);
    expect(made.dataFolder).toBe(join(HERE, 'data'));
  });

  it('hands on whom agents may write to, and how often', () => {
    const agents = [
      { name: 'a', system: '', contacts: ['b'] },
      { name: 'b', system: '', contacts: 'all' as const },
    ];
    const made = plan({}, { agents, mailbox: { hops: 2, letters: 5 } });
    expect(made.agents.map(({ contacts }) => contacts)).toEqual([['b'], 'all']);
    expect(made.mailbox).toEqual({ hops: 2, letters: 5 });
    expect(plan({}, { agents })).not.toHaveProperty('mailbox');
  });

  it('picks configured agents by name, and makes new ones of names that are not', () => {
    const made = plan({ agents: 'b,new' }, { agents: AGENTS, backends: BACKENDS });
    expect(made.agents.map(({ name }) => name)).toEqual(['b', 'new']);
    expect(made.agents[0]?.system).toBe('B');
    expect(made.agents[1]?.system).toMatch(/helpful/);
  });

  it('puts a backend of the command line first and keeps the others', () => {
    const made = plan(
      { backend: 'http://127.0.0.1:9', model: 'm', slots: '3' },
      { agents: AGENTS, backends: BACKENDS },
    );
    expect(made.backends).toMatchObject([
      { name: 'default', url: 'http://127.0.0.1:9', model: 'm', slots: 3, simulator: false },
      { name: 'first', slots: 2 },
      { name: 'second' },
    ]);
  });

  it('replaces a backend called default as a whole, its API key above all', () => {
    const configured = [{ ...BACKENDS[1], name: 'default', kind: 'openai' as const, url: 'http://127.0.0.1:2' }];
    expect(plan({ backend: 'http://127.0.0.1:9' }, { backends: configured }).backends).toEqual([
      { name: 'default', kind: 'openai', url: 'http://127.0.0.1:9', simulator: false, origin: '--backend' },
    ]);
  });

  it('applies --model and --slots to the first backend', () => {
    const made = plan({ model: 'm', slots: '8' }, { backends: BACKENDS });
    expect(made.backends[0]).toMatchObject({ name: 'first', model: 'm', slots: 8 });
    expect(made.backends[1]).not.toHaveProperty('model');
    expect(made).not.toHaveProperty('backendSearch');
  });

  it('takes ollama:// for an Ollama, and simulator for the simulator, which is then not looked past', () => {
    expect(plan({ backend: 'ollama://:11435' }).backends).toEqual([
      { name: 'default', kind: 'ollama', url: 'http://127.0.0.1:11435', simulator: false, origin: '--backend' },
    ]);
    const simulated = plan({ backend: 'simulator', slots: '2' });
    expect(simulated.backends).toMatchObject([{ name: 'simulator', simulator: true, slots: 2 }]);
    expect(simulated).not.toHaveProperty('backendSearch');
  });

  it('remembers what to look for where nobody names a backend', () => {
    expect(plan({ model: 'm', slots: '2' }).backendSearch).toEqual({ model: 'm', slots: 2 });
  });

  it('passes limits of GPU groups on', () => {
    const backends = BACKENDS.map((backend) => ({ ...backend, gpuGroup: 'one-card' }));
    expect(plan({}, { backends, gpuGroups: { 'one-card': 2 } })).toMatchObject({
      gpuGroups: { 'one-card': 2 },
      backends: [{ gpuGroup: 'one-card' }, { gpuGroup: 'one-card' }],
    });
    expect(plan({}, { backends }).gpuGroups).toEqual({});
  });
});

describe('policies of a plan', () => {
  it('of the command line replace those of the stack; paths are relative to where one stands', () => {
    const made = plan({ policy: ['./mine.ts', 'error-keyword'] }, { policies: ['error-keyword'] });
    expect(made.policies.map(({ use, path }) => [use, path])).toEqual([
      ['./mine.ts', join(HERE, 'mine.ts')],
      ['error-keyword', undefined],
    ]);
  });

  it('are switched off with none', () => {
    expect(plan({ policy: ['none'] }).policies).toEqual([]);
    expect(() => plan({ policy: ['none', './x.ts'] })).toThrow('--policy: "none" cannot be combined with a policy.');
  });

  it('of an agent are its own; paths are relative to the configuration file, and every policy is there once', () => {
    const agents = [
      { name: 'a', system: '' },
      { name: 'b', system: '', policies: ['./p.ts', 'error-keyword'] },
      { name: 'c', system: '', policies: ['./p.ts'] },
    ];
    expect(plan({}, { agents }).policies).toEqual([
      { use: 'error-keyword', path: undefined, agents: ['a', 'b'] },
      { use: './p.ts', path: '/etc/stack/p.ts', agents: ['b', 'c'] },
    ]);
  });

  it('that judge nobody are left out', () => {
    const agents = [{ name: 'a', system: '', policies: [] }];
    expect(plan({}, { agents }).policies).toEqual([]);
  });
});

describe('a plan is refused, with exit code 2, when', () => {
  it('references lead nowhere or names are used twice', () => {
    const agents = [
      AGENTS[0],
      { ...AGENTS[1], backend: 'secnd' },
      { ...AGENTS[0], policies: ['error-keywrd'] },
    ] as typeof AGENTS;
    expect(() => plan({}, { agents, backends: BACKENDS, policies: ['mine'] })).toThrow(
      [
        'agents.config.ts: agents[2].name: "a" is the name of agents[0] already.',
        'agents.config.ts: agents[1].backend: there is no backend "secnd"; did you mean "second"?',
        `agents.config.ts: policies[0]: there is no policy "mine" (built in: ${[...BUILT_IN_POLICIES.keys()].join(', ')}); a file is given as a path, like ./mine.ts.`,
        'agents.config.ts: agents[2].policies[0]: there is no policy "error-keywrd" (did you mean "error-keyword"); a file is given as a path, like ./error-keywrd.ts.',
      ].join('\n'),
    );
    expect(() => plan({ policy: ['mine'] })).toThrow(/^--policy: there is no policy "mine"/);
  });

  it("a fallback leads nowhere, or a limit is nobody's", () => {
    const agents = [
      { name: 'a', system: '', fallback: ['second', 'secnd'] },
      { name: 'b', system: '', backend: 'first', fallback: ['first'] },
    ];
    const backends = [BACKENDS[0], { ...BACKENDS[1], gpuGroup: 'one-card' }] as typeof BACKENDS;
    expect(() => plan({}, { agents, backends, gpuGroups: { 'one-crad': 2, 'one-card': 2 } })).toThrow(
      [
        'agents.config.ts: agents[0].fallback[1]: there is no backend "secnd"; did you mean "second"?',
        `agents.config.ts: agents[1].fallback[0]: "first" is the agent's own backend.`,
        'agents.config.ts: gpuGroups.one-crad: no backend has this gpuGroup; did you mean "one-card"?',
      ].join('\n'),
    );
    expect(() => plan({}, { agents: [AGENTS[1] as (typeof AGENTS)[0]] })).toThrow(
      'agents.config.ts: agents[0].backend: there is no backend "second"; name it under backends.',
    );
  });

  it('an agent has contacts that cannot be written to', () => {
    const agents = [
      { name: 'a', system: '', contacts: ['b', 'a', 'bb', 'b', 'user', 'far'] },
      { name: 'b', system: '', contacts: 'all' as const },
      { name: 'user', system: '', contacts: ['nobody'] },
      { name: 'far', system: '' },
    ];
    expect(() => plan({ agents: 'a,b' }, { agents })).toThrow(
      [
        'agents.config.ts: agents[0].contacts[1]: "a" is the agent itself.',
        'agents.config.ts: agents[0].contacts[2]: there is no agent "bb"; did you mean "b"?',
        'agents.config.ts: agents[0].contacts[3]: "b" stands there twice.',
        'agents.config.ts: agents[0].contacts[4]: an agent named "user" cannot be written to, @user: means something else; give it another name.',
        'agents.config.ts: agents[0].contacts[5]: "far" is not in this stack: --agents leaves it out.',
      ].join('\n'),
    );
    expect(() => plan({}, { agents: agents.slice(1) })).toThrow(
      [
        'agents.config.ts: agents[0].contacts: an agent named "user" cannot be written to, @user: means something else; give it another name.',
        'agents.config.ts: agents[1].contacts[0]: there is no agent "nobody"; the agents are b, user, far.',
      ].join('\n'),
    );
  });

  it('a pool has the name of a backend, or members that are none, are pools, or are named twice', () => {
    const agents = [
      { name: 'a', system: '', backend: 'both', fallback: ['second', 'bth'] },
      { name: 'b', system: '', backend: 'second', fallback: ['both'] },
    ];
    const pools = { both: ['first', 'second'], second: ['first'], all: ['both', 'first', 'frist', 'first'] };
    expect(() => plan({}, { agents, backends: BACKENDS, pools })).toThrow(
      [
        'agents.config.ts: pools.second: "second" is the name of a backend already; give the pool another one.',
        'agents.config.ts: pools.all[0]: "both" is a pool; a pool is made of backends: name its members here.',
        'agents.config.ts: pools.all[2]: there is no backend "frist"; did you mean "first"?',
        'agents.config.ts: pools.all[3]: "first" is pools.all[1] already; name each member once.',
        `agents.config.ts: agents[0].fallback[0]: "second" is in the agent's own pool "both"; leave it out.`,
        'agents.config.ts: agents[0].fallback[1]: there is no backend "bth"; did you mean "both"?',
      ].join('\n'),
    );
    expect(() => plan({}, { pools: { both: ['first'] } })).toThrow(
      'agents.config.ts: pools.both[0]: there is no backend "first"; name it under backends.',
    );
    const [made] = [plan({}, { agents: agents.slice(1), backends: BACKENDS, pools: { both: ['first', 'second'] } })];
    expect(made.pools).toEqual({ both: ['first', 'second'] });
    const odd = [{ name: 'constructor', kind: 'openai' as const, url: 'http://127.0.0.1:1' }];
    const named = [{ name: 'a', system: '', backend: 'constructor', fallback: ['fast'] }];
    expect(() => plan({}, { agents: named, backends: odd, pools: { fast: ['constructor'] } })).not.toThrow();
  });

  it('it listens beyond loopback without a secret', () => {
    for (const host of ['0.0.0.0', '192.168.1.5', '::', 'example.org']) {
      expect(() => plan({ host })).toThrow(
        expect.objectContaining({ exitCode: 2, message: expect.stringContaining('INTERJECT_TOKEN') }),
      );
      expect(plan({ host, token: 'a-secret-of-my-own' }).token).toBe('a-secret-of-my-own');
    }
    expect(['127.0.0.1', '127.8.9.1', '::1', 'localhost'].every(isLoopback)).toBe(true);
  });
});
