/** The routes the page uses. Every failure is an ApiError with a text for people. */
import type {
  AgentView,
  ApprovalDecree,
  ApprovalView,
  BackendView,
  BenchmarkSummary,
  BenchmarkView,
  ChatView,
  PolicyView,
  SwarmSummary,
  SwarmView,
} from '../../supervisor/service.ts';
import type { History } from './chat-view.ts';

export interface Stack {
  agents: AgentView[];
  backends: BackendView[];
  policies: PolicyView[];
}

/** A refusal, or `offline` when there was no reply at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const chatPath = (agent: string, rest = ''): string => `/chat/${encodeURIComponent(agent)}${rest}`;

export const api = {
  session: (token: string) => post('/session', { token }),
  stack: async () => (await (await call('/agents')).json()) as Stack,
  approvals: async () => ((await (await call('/approvals')).json()) as { approvals: ApprovalView[] }).approvals,
  decide: (id: number, decree: ApprovalDecree) => post(`/approvals/${id}`, decree),
  swarms: async () => ((await (await call('/swarms')).json()) as { swarms: SwarmSummary[] }).swarms,
  swarm: async (id: string) => (await (await call(`/swarms/${encodeURIComponent(id)}`)).json()) as SwarmView,
  benchmarks: async () => ((await (await call('/benchmarks')).json()) as { benchmarks: BenchmarkSummary[] }).benchmarks,
  benchmark: async (id: string) =>
    (await (await call(`/benchmarks/${encodeURIComponent(id)}`)).json()) as BenchmarkView,
  chats: async (agent: string) =>
    ((await (await call(chatPath(agent, '/chats'))).json()) as { chats: ChatView[] }).chats,
  history: async (agent: string, chat: string) => {
    const reply = await call(`${chatPath(agent, '/history')}?chat=${encodeURIComponent(chat)}`);
    return (await reply.json()) as History;
  },
  /** Resolves when the message is recorded: the reply is read as events, whose headers come then. Leaving does not cancel the run. */
  send: async (agent: string, message: { content: string; chat: string; key: string }) => {
    const reply = await post(chatPath(agent), message, { accept: 'text/event-stream' });
    await reply.body?.cancel();
  },
  restart: (agent: string) => post(`/agents/${encodeURIComponent(agent)}/restart`, {}),
  stop: (agent: string, chat: string) => post(chatPath(agent, '/stop'), { chat }),
  interject: (agent: string, chat: string, content: string) => post(chatPath(agent, '/interject'), { chat, content }),
};

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const all = { 'content-type': 'application/json', ...headers };
  return call(path, { method: 'POST', headers: all, body: JSON.stringify(body) });
}

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const reply = await fetch(path, init).catch(() => undefined);
  if (reply === undefined) throw new ApiError('offline', 'The server does not answer.');
  if (reply.ok) return reply;
  const { error } = (await reply.json().catch(() => ({}))) as { error?: { code: string; message: string } };
  throw new ApiError(error?.code ?? 'internal', error?.message ?? `The server answered ${reply.status}.`);
}
