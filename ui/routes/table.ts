/** Every route of the gateway, one table: registration, the trust checks and the documentation go by it. */
import type { Access } from '../trust.ts';

export interface RouteEntry {
  method: 'GET' | 'POST';
  path: string;
  access: Access;
  description: string;
}

export const ROUTES = [
  {
    method: 'POST',
    path: '/chat/:agent',
    access: 'token',
    description:
      'Send `{content, chat?, key?}`. Waits at most 60 s for the answer, then 202 with `Location`; with `Accept: text/event-stream` the events of the run, ending with `run-end`.',
  },
  { method: 'GET', path: '/runs/:id', access: 'token', description: 'A run; `?wait=` waits up to 60 s for its end.' },
  {
    method: 'POST',
    path: '/runs/:id/stop',
    access: 'token',
    description: 'Stop a run; one that has ended stays as it is.',
  },
  {
    method: 'POST',
    path: '/runs/:id/label',
    access: 'token',
    description:
      'Say what you think of an answer: `{label, note?}`, `good` or `bad`; the newest replaces an earlier one.',
  },
  {
    method: 'GET',
    path: '/chat/:agent/history',
    access: 'token',
    description: 'The lines of a chat and the seq to read events after; `?chat=`, default `main`.',
  },
  { method: 'GET', path: '/chat/:agent/chats', access: 'token', description: 'The chats of an agent.' },
  {
    method: 'POST',
    path: '/chat/:agent/stop',
    access: 'token',
    description: 'Stop the open run of a chat: `{chat?}`.',
  },
  {
    method: 'POST',
    path: '/chat/:agent/interject',
    access: 'token',
    description: 'A person corrects: `{content, chat?}` cuts the running turn; 409 when nothing runs.',
  },
  {
    method: 'GET',
    path: '/approvals',
    access: 'token',
    description: 'What waits for a person: the reason, what is shown, what is withheld.',
  },
  {
    method: 'POST',
    path: '/approvals/:id',
    access: 'token',
    description: 'Decide: `{decision: approve}`, `{decision: edit, content}` or `{decision: refuse, reason?}`.',
  },
  {
    method: 'GET',
    path: '/events',
    access: 'token',
    description:
      'Events as SSE: `?after=` or `Last-Event-ID`, and `agent=`, `chat=`, `run=`, `swarm=`, `benchmark=` to see less.',
  },
  {
    method: 'POST',
    path: '/swarms',
    access: 'token',
    description:
      'Several agents on one task: `{task, mode, agents, …, key?}`. 202 with `Location` at once; see Swarms. With a key once only.',
  },
  { method: 'GET', path: '/swarms', access: 'token', description: 'The newest swarms, newest first.' },
  {
    method: 'GET',
    path: '/swarms/:id',
    access: 'token',
    description: 'A swarm: its steps with agent, run and answer, its result; `?wait=` waits up to 60 s for its end.',
  },
  {
    method: 'POST',
    path: '/swarms/:id/stop',
    access: 'token',
    description: 'Stop a swarm and its runs; one that has ended stays as it is.',
  },
  {
    method: 'POST',
    path: '/benchmarks',
    access: 'token',
    description:
      'The dual-agent benchmark on model servers of the configuration: `{backends: {collector, insight}, …, key?}`. 202 with `Location` at once; measured one after the other. With a key once only.',
  },
  { method: 'GET', path: '/benchmarks', access: 'token', description: 'The newest benchmarks, newest first.' },
  {
    method: 'GET',
    path: '/benchmarks/:id',
    access: 'token',
    description:
      'A benchmark: runs done of all, time left, folder, what can be concluded; `?wait=` waits up to 60 s for its end.',
  },
  {
    method: 'POST',
    path: '/benchmarks/:id/stop',
    access: 'token',
    description: 'Stop a benchmark; what was measured is kept and reported. One that has ended stays as it is.',
  },
  { method: 'GET', path: '/agents', access: 'token', description: 'Agents, backends and policies.' },
  { method: 'POST', path: '/agents/:id/restart', access: 'token', description: 'Restart the process of an agent.' },
  {
    method: 'GET',
    path: '/policies',
    access: 'token',
    description: 'The policies in force: version, whom they judge, verdicts, failures, quarantine, what does not load.',
  },
  {
    method: 'POST',
    path: '/policies/:name/release',
    access: 'token',
    description: 'Lift the quarantine of the version in force; 409 when there is none, or when it does not load.',
  },
  {
    method: 'GET',
    path: '/v1/models',
    access: 'token',
    description: 'The agents, as OpenAI lists models.',
  },
  {
    method: 'POST',
    path: '/v1/chat/completions',
    access: 'token',
    description:
      'An answer as OpenAI gives it, whole or streamed; `model` names the agent. Hanging up stops the run. See OpenAI clients.',
  },
  {
    method: 'POST',
    path: '/session',
    access: 'open',
    description: 'Exchange `{token}` for a cookie; the page does it.',
  },
  { method: 'GET', path: '/healthz', access: 'open', description: 'Always 200: the process answers.' },
  {
    method: 'GET',
    path: '/readyz',
    access: 'open',
    description: '200 when messages are accepted and a backend answers, else 503 with the reasons.',
  },
  { method: 'GET', path: '/metrics', access: 'token', description: 'Metrics for Prometheus.' },
  { method: 'GET', path: '/', access: 'document', description: 'The page.' },
  { method: 'GET', path: '/page.js', access: 'open', description: 'Script of the page.' },
  { method: 'GET', path: '/page.css', access: 'open', description: 'Style of the page.' },
  { method: 'GET', path: '/icon.svg', access: 'open', description: 'Icon of the page.' },
] as const satisfies readonly RouteEntry[];

type KeyOf<R extends RouteEntry> = R extends RouteEntry ? `${R['method']} ${R['path']}` : never;
export type RouteKey = KeyOf<(typeof ROUTES)[number]>;

/** The part of a route's registration that the table decides. */
export function route(key: RouteKey): { method: 'GET' | 'POST'; url: string; config: { access: Access } } {
  const entry = ROUTES.find(({ method, path }) => `${method} ${path}` === key);
  if (entry === undefined) throw new Error(`no such route in the table: ${key}`);
  return { method: entry.method, url: entry.path, config: { access: entry.access } };
}
