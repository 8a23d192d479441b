import { describe, expect, it } from 'vitest';
import { holdbackNote } from '../../stack/holdback-note.ts';
import type { StackPlan } from '../../stack/plan.ts';
import { gatewayUrl, type StartedStack, startLines } from '../../stack/start-lines.ts';

const plain = (text: string): string => text;
const PAINT = { bold: plain, dim: plain, cyan: plain, yellow: plain };

const PLAN: StackPlan = {
  configurationFile: undefined,
  dataFolder: '/srv/data',
  host: '127.0.0.1',
  port: 8002,
  allowedHosts: [],
  token: undefined,
  durability: 'normal',
  graceMs: 5000,
  logLevel: 'info',
  agents: [{ name: 'a', system: '' }],
  backends: [],
  gpuGroups: {},
  pools: {},
  policies: [{ use: 'error-keyword', path: undefined, agents: undefined }],
};

function linesOf(changes: Partial<StartedStack>): string {
  const backend = { name: 'default', kind: 'openai' as const, url: 'http://127.0.0.1:8080', simulator: false };
  const stack = {
    plan: PLAN,
    version: '1.2.3',
    url: 'http://127.0.0.1:8002',
    token: 't',
    backends: [backend],
    policies: undefined,
  };
  return startLines({ ...stack, ...changes }, PAINT).join('\n');
}

describe('the start lines', () => {
  it('say where to open it, who is there, on what, judged by what, kept where', () => {
    expect(linesOf({ policies: [{ name: 'error-keyword', holdback: 'holds back what could become "ERROR"' }] })).toBe(
      [
        'interject 1.2.3 is running',
        '',
        '  open     http://127.0.0.1:8002/#token=t',
        '  agents   a',
        '  backend  default at http://127.0.0.1:8080, OpenAI-compatible',
        '  policies error-keyword: holds back what could become "ERROR"',
        '  data     /srv/data',
        '  stop     Ctrl-C, or npx tsx run.ts --stop',
        '',
      ].join('\n'),
    );
  });

  it('say what becomes of a cut answer of agents that go on with it', () => {
    const plan: StackPlan = { ...PLAN, agents: [...PLAN.agents, { name: 'b', system: '', resume: 'continue' }] };
    const backend = { name: 'x', kind: 'openai' as const, url: 'http://127.0.0.1:5', simulator: false };
    const lineOf = (changes: object): string =>
      linesOf({ plan, backends: [{ ...backend, ...changes }] })
        .split('\n')[4]
        ?.trim() ?? '';
    expect(lineOf({})).toBe('b continues cut answers where the model server can');
    expect(lineOf({ simulator: true })).toBe('b continues cut answers');
    expect(lineOf({ kind: 'ollama' })).toBe('b answers anew after a cut (the model server cannot continue)');
  });

  it('say plainly that nothing is judged, and that a simulator is one', () => {
    const simulator = { name: 'simulator', kind: 'openai' as const, url: 'http://127.0.0.1:5', simulator: true };
    const text = linesOf({ plan: { ...PLAN, policies: [] }, backends: [simulator] });
    expect(text).toContain('policies none: nothing is judged');
    expect(text).toContain('the built-in simulator (http://127.0.0.1:5): no language model');
    const searched = { ...simulator, origin: 'no model server was found at 127.0.0.1:8000' };
    expect(linesOf({ backends: [searched] })).toContain(
      'made-up text\n           no model server was found at 127.0.0.1:8000\n           start Ollama first, or',
    );
  });

  const found = { name: 'ollama', kind: 'ollama', url: 'http://127.0.0.1:11434', simulator: false } as const;

  it('say how a model server was found, and what was not used', () => {
    const ollama = { ...found, model: 'gemma3:latest', origin: 'found: OLLAMA_HOST', slots: 1 };
    expect(linesOf({ backends: [ollama], plan: { ...PLAN, remarks: ['x: not used'] } })).toContain(
      [
        '  backend  ollama at http://127.0.0.1:11434 (found: OLLAMA_HOST), model gemma3:latest, 1 slot',
        '  note     x: not used',
        '  policies',
      ].join('\n'),
    );
    const seen = { server: 'llama-server', model: 'tiny', slots: 4 };
    const given = { ...found, name: 'default', kind: 'openai' as const, origin: 'found there', seen };
    expect(linesOf({ backends: [given] })).toContain('(found there), llama-server, model tiny, 4 slots\n');
    const own = { binary: '/bin/llama-server', modelFile: '/m/x.gguf', arguments: [], slots: 2, port: 8000 };
    const ours = { ...found, name: 'llama-server', kind: 'openai' as const, origin: '--model', slots: 2 };
    expect(linesOf({ backends: [{ ...ours, url: 'http://127.0.0.1:8000', llamaServer: own }] })).toContain(
      'backend  llama-server at http://127.0.0.1:8000 (--model), model file /m/x.gguf, 2 slots\n',
    );
  });

  it('name the agents of each backend where there are several', () => {
    const agents = [
      { name: 'a', system: '' },
      { name: 'b', system: '', backend: 'right', fallback: ['left', 'spare'] },
      { name: 'c', system: '' },
    ];
    const backends = ['left', 'right', 'spare'].map((name) => ({ ...found, name, origin: 'agents.config.ts' }));
    expect(linesOf({ plan: { ...PLAN, agents }, backends })).toContain(
      [
        '  backend  left at http://127.0.0.1:11434 (agents.config.ts), ollama; agents a, c; fallback of b',
        '  backend  right at http://127.0.0.1:11434 (agents.config.ts), ollama; agents b',
        '  backend  spare at http://127.0.0.1:11434 (agents.config.ts), ollama; no agents; fallback of b',
      ].join('\n'),
    );
  });

  it('name pools, their members and who asks them', () => {
    const agents = [
      { name: 'a', system: '', backend: 'both' },
      { name: 'b', system: '', backend: 'spare', fallback: ['both'] },
    ];
    const backends = ['left', 'right', 'spare'].map((name) => ({ ...found, name, origin: 'agents.config.ts' }));
    expect(linesOf({ plan: { ...PLAN, agents, pools: { both: ['left', 'right'] } }, backends })).toContain(
      [
        '  backend  left at http://127.0.0.1:11434 (agents.config.ts), ollama; in pool both',
        '  backend  right at http://127.0.0.1:11434 (agents.config.ts), ollama; in pool both',
        '  backend  spare at http://127.0.0.1:11434 (agents.config.ts), ollama; agents b',
        '  pool     both: left, right; agents a; fallback of b',
      ].join('\n'),
    );
  });

  it('warn of a short token on an open door only', () => {
    expect(linesOf({})).not.toContain('guess');
    expect(linesOf({ plan: { ...PLAN, host: '0.0.0.0' } })).toContain('other machines can try to guess this token');
    expect(linesOf({ plan: { ...PLAN, host: '0.0.0.0' }, token: 'x'.repeat(16) })).not.toContain('guess');
  });
});

it.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['0.0.0.0', 'http://127.0.0.1:80'],
  ['::', 'http://[::1]:80'],
  ['::1', 'http://[::1]:80'],
  ['my.host', 'http://my.host:80'],
])('a gateway that listens on %s is opened at %s', (host, url) => {
  expect(gatewayUrl(host, 80)).toBe(url);
});

describe('a policy', () => {
  const onText = () => undefined;
  const later = async () => undefined;
  it.each([
    [{ patterns: ['ERROR'], onText }, 'holds back what could become "ERROR"'],
    [{ patterns: [/a{1,5}b/i, 'x'], onText }, 'holds back what could become /a{1,5}b/i or "x"'],
    [{ patterns: ['a', 'b', 'c', 'd', 'e'], onText }, 'holds back what could become "a" or "b" or "c" and 2 more'],
    [
      { patterns: [/a{1,5}b/, /b{70}/, RegExp('c'.repeat(70))], onText },
      `holds back what could become /a{1,5}b/ or /b{70}/ or /${'c'.repeat(57)} …`,
    ],
    [{ onText }, 'holds back the last 64 characters (declare patterns or holdback to choose)'],
    [{ onText, holdback: 10 }, 'holds back the last 10 characters'],
    [{ onText, holdback: 0 }, 'holds nothing back'],
    [{ onText, holdback: 5, patterns: ['x'] }, 'holds back the last 5 characters and what could become "x"'],
    [{ onTurnEnd: onText, holdback: 'turn' as const }, 'withholds an answer until it is complete'],
    [{ onMessage: onText }, 'holds nothing back'],
    [{ review: later, onText }, 'withholds an answer until it is reviewed'],
    [{ review: later, reviewWhen: 'after' as const }, 'shows an answer as it comes, and reviews it then'],
  ])('%j', (policy, note) => {
    expect(holdbackNote({ name: 'p', ...policy })).toBe(note);
  });
});
