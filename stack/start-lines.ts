/** What a start prints, as plain text. */
import { isIPv6 } from 'node:net';
import { membersOf } from '../supervisor/pools.ts';
import type { Ready } from './control.ts';
import { isLoopback, type PlannedBackend, type StackPlan } from './plan.ts';
import { printable } from './printable.ts';

/** Marks parts of the text for the eye. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  cyan(text: string): string;
  yellow(text: string): string;
}

export interface StartedStack {
  plan: StackPlan;
  version: string;
  /** Without the token. */
  url: string;
  token: string;
  backends: PlannedBackend[];
  /** As the supervisor loaded them; undefined: it did not say. */
  policies: Ready['policies'];
}

const SHORT_TOKEN = 16;

/** Address of the gateway. Where it listens on all addresses, the loopback one stands for them. */
export function gatewayUrl(host: string, port: number): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

export function startLines(stack: StartedStack, paint: Paint): string[] {
  const { plan, url, token, version } = stack;
  const lines: [label: string, text: string][] = [
    ['open', paint.cyan(`${url}/#token=${token}`)],
    ['agents', plan.agents.map(({ name }) => name).join(', ')],
    ...resumeLines(stack),
    ...stack.backends.flatMap((backend) => backendLines(backend, stack, paint)),
    ...Object.entries(plan.pools).map(([name, members]) => poolLine(name, members, stack)),
    ...(plan.remarks ?? []).map((remark): [string, string] => ['note', paint.yellow(printable(remark))]),
    ...policyLines(stack),
    ['data', plan.dataFolder],
    ...(plan.configurationFile === undefined ? [] : [['config', plan.configurationFile] as [string, string]]),
    ...(isLoopback(plan.host) || token.length >= SHORT_TOKEN
      ? []
      : [['warning', paint.yellow(SHORT_TOKEN_WARNING)] as [string, string]]),
    ['stop', 'Ctrl-C, or npx tsx run.ts --stop'],
  ];
  const text = lines.map(([label, line]) => `  ${paint.dim(label.padEnd(9))}${line}`);
  return [`${paint.bold('interject')} ${version} is running`, '', ...text, ''];
}

const SHORT_TOKEN_WARNING = `other machines can try to guess this token; use ${SHORT_TOKEN} characters or more`;

function backendLines(backend: PlannedBackend, stack: StartedStack, paint: Paint): [string, string][] {
  const agents = stack.backends.length > 1 ? agentsOf(backend, stack) : '';
  if (backend.simulator) return simulatorLines(backend, agents, paint);
  const { name, url, origin } = backend;
  const where = `${name} at ${url}${origin === undefined ? '' : ` (${origin})`}`;
  return [['backend', `${[where, ...factsOf(backend)].join(', ')}${agents}`]];
}

function factsOf({ name, kind, model, slots, llamaServer, seen }: PlannedBackend): string[] {
  const server = llamaServer === undefined ? (seen?.server ?? SERVERS[kind]) : 'llama-server';
  const named = model ?? seen?.model;
  const most = slots ?? seen?.slots;
  return [
    ...(server === name ? [] : [server]),
    ...(llamaServer === undefined ? [] : [`model file ${llamaServer.modelFile}`]),
    ...(named === undefined ? [] : [printable(`model ${named}`)]),
    ...(most === undefined ? [] : [most === 1 ? '1 slot' : `${most} slots`]),
  ];
}

/** What agents that go on with cut answers can do; nothing of the others, which answer anew. */
function resumeLines({ plan, backends }: StartedStack): [string, string][] {
  const going = plan.agents.filter(({ resume }) => resume === 'continue');
  return going.map(({ name, backend }) => {
    const members = membersOf(plan.pools, backend ?? '');
    const own = members.map((member) => backends.find((other) => other.name === member) ?? backends[0]);
    const each = own.map((server) => (server === undefined ? CONTINUES : resumeOf(server)));
    // Of a pool what is least certain of its members: whoever is asked, it is not more.
    return ['', `${name} ${each.find((text) => text === ANEW) ?? each.find((text) => text === CONTINUES) ?? each[0]}`];
  });
}

const CONTINUES = 'continues cut answers where the model server can';
const ANEW = 'answers anew after a cut (the model server cannot continue)';

/** A template is tried when the supervisor asks its server, which is later. */
function resumeOf({ simulator, kind, seen }: PlannedBackend): string {
  if (simulator) return 'continues cut answers';
  const cannot = kind === 'ollama' || seen?.server === 'openai-compatible';
  return cannot ? ANEW : CONTINUES;
}

/** What answers at an address that was not asked. */
const SERVERS = { openai: 'OpenAI-compatible', ollama: 'ollama' } as const;

function simulatorLines({ url, origin }: PlannedBackend, agents: string, paint: Paint): [string, string][] {
  const what = `the built-in simulator (${url}): no language model, it answers short made-up text${agents}`;
  return [
    ['backend', paint.yellow(what)],
    ...(origin === undefined ? [] : [['', origin] as [string, string]]),
    ['', 'start Ollama first, or name a server: npx tsx run.ts --backend http://127.0.0.1:8080 [--model NAME]'],
  ];
}

function poolLine(name: string, members: readonly string[], stack: StartedStack): [string, string] {
  return ['pool', `${name}: ${members.join(', ')}${agentsOf({ name }, stack)}`];
}

/** Who asks this backend or pool, and who would if its own did not answer. */
function agentsOf({ name }: Pick<PlannedBackend, 'name'>, { plan, backends }: StartedStack): string {
  const first = backends[0]?.name;
  const own = plan.agents.filter(({ backend = first }) => backend === name).map((agent) => agent.name);
  const others = plan.agents.filter(({ fallback = [] }) => fallback.includes(name)).map((agent) => agent.name);
  const forOthers = others.length === 0 ? '' : `; fallback of ${others.join(', ')}`;
  const pools = Object.entries(plan.pools).flatMap(([pool, members]) => (members.includes(name) ? pool : []));
  const inPools = pools.length === 0 ? '' : `; in pool ${pools.join(', ')}`;
  const nobody = inPools === '' ? '; no agents' : '';
  return `${own.length === 0 ? nobody : `; agents ${own.join(', ')}`}${inPools}${forOthers}`;
}

function policyLines({ plan, policies }: StartedStack): [string, string][] {
  if (plan.policies.length === 0) return [['policies', 'none: nothing is judged']];
  const loaded = policies?.map(({ name, holdback }) => `${name}: ${holdback}`) ?? plan.policies.map(({ use }) => use);
  return loaded.map((text, index) => [index === 0 ? 'policies' : '', text]);
}
