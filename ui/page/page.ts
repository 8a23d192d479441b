/** The page's entry: the state it keeps, and what leads to what. */

import type { ApprovalView } from '../../supervisor/service.ts';
import { ApiError, api, type Stack } from './api.ts';
import { ApprovalsView } from './approvals-view.ts';
import { BENCHMARKS } from './benchmarks-view.ts';
import { CardList } from './card-list.ts';
import { runningRun, withWaiting } from './chat-view.ts';
import { Composer, find } from './composer.ts';
import { Conversation } from './conversation.ts';
import type { PageEvent } from './fold.ts';
import { LogView } from './log-view.ts';
import { enterWithToken, onTokenGiven } from './session.ts';
import { describeNotices, foldNotices, type StackNotices } from './stack-notices.ts';
import { openStream } from './stream.ts';
import { SWARMS } from './swarms-view.ts';
import { type Connection, describeBackend, describeState, membersOf } from './words.ts';

/** Milliseconds before a chat that does not fit its events is loaded again. */
const RELOAD_MS = 1000;

const agentPicker = find('agent', HTMLSelectElement);
const chatPicker = find('chat', HTMLSelectElement);
const status = find('status', HTMLElement);
const backend = find('backend', HTMLElement);
const notice = find('notice', HTMLElement);
const log = new LogView(find('log', HTMLElement));
const approvals = new ApprovalsView(find('approvals', HTMLElement), {
  decide: async (id, decree) => void (await api.decide(id, decree)),
  failed: fail,
  left: () => composer.focus(),
});
const restart = find('restart', HTMLButtonElement);
const swarms = new CardList(
  find('swarms', HTMLDetailsElement),
  { list: api.swarms, view: api.swarm, failed: fail },
  SWARMS,
);
const benchmarks = new CardList(
  find('benchmarks', HTMLDetailsElement),
  { list: api.benchmarks, view: api.benchmark, failed: fail },
  BENCHMARKS,
);
const tokenForm = find('token-form', HTMLFormElement);

let stack: Stack = { agents: [], backends: [], policies: [] };
let talk = new Conversation('', 'main', () => Promise.reject(new Error('no agent is chosen')));
let waiting: ApprovalView[] = [];
let notices: StackNotices = new Map();
let connection: Connection = 'connecting';
/** Says what went wrong until the next event of the chat. */
let trouble = '';
let streaming = false;
let drawing = false;

const composer = new Composer({
  send: async (content, key) => {
    log.follow();
    await api.send(talk.agent, { content, chat: talk.chat, key });
  },
  correct: async (content) => void (await api.interject(talk.agent, talk.chat, content)),
  stop: async () => void (await api.stop(talk.agent, talk.chat)),
  failed: fail,
});

/** Once a frame at most, however many tokens come. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const view = withWaiting(talk.view, waiting);
    log.draw(view, talk.agent);
    const line = trouble || describeState(view, connection, talk.agent);
    if (status.textContent !== line) status.textContent = line;
    status.dataset.trouble = String(trouble !== '' || connection === 'lost');
    backend.textContent = describeBackend(stack, talk.agent);
    const served = stack.agents.find(({ id }) => id === talk.agent);
    const members = served === undefined ? [] : membersOf(stack, served);
    notice.textContent = describeNotices(
      notices,
      members.map(({ name }) => name),
    );
    notice.hidden = notice.textContent === '';
    restart.hidden = served?.state !== 'stopped';
    const running = runningRun(view);
    composer.setRunning(running !== undefined, running?.waitsFor === undefined);
  });
}

function fail(error: unknown): void {
  trouble = error instanceof Error ? error.message : String(error);
  if (error instanceof ApiError && error.code === 'token_required') setLocked(true);
  draw();
}

function setLocked(locked: boolean): void {
  document.body.dataset.locked = String(locked);
  tokenForm.hidden = !locked;
  composer.hidden = locked;
}

function receive(event: PageEvent): void {
  if (event.type === 'degraded') fail(new Error(event.reason));
  else if (event.type === 'resync') {
    reload();
    loadLists().catch(fail);
  } else if (/^(agent-|backend-|policy$)/.test(event.type)) loadStack().catch(fail);
  if (changesApprovals(event)) loadApprovals().catch(fail);
  if (event.swarm !== undefined) swarms.changed(event.swarm);
  if (event.type === 'swarm-start' || event.type === 'swarm-end') swarms.load().catch(fail);
  if (event.benchmark !== undefined) {
    benchmarks.changed(event.benchmark);
    benchmarks.load().catch(fail);
  }
  const before = notices;
  notices = foldNotices(notices, event);
  if (notices !== before) draw();
  if (!talk.receive(event)) return;
  trouble = '';
  if (talk.needsLoad) setTimeout(reload, RELOAD_MS);
  draw();
}

function reload(): void {
  talk.load().then(draw, fail);
}

function changesApprovals({ type }: PageEvent): boolean {
  return type === 'run-paused' || type === 'run-resumed' || type === 'resync';
}

/** All that waits for a person, whichever chat it is of. */
async function loadApprovals(): Promise<void> {
  waiting = await api.approvals();
  if (log.isAtEnd) log.follow();
  approvals.draw(waiting);
  draw();
}

async function loadLists(): Promise<void> {
  await Promise.all([swarms.load(), benchmarks.load()]);
}

function setConnected(connected: boolean): void {
  const back = connected && connection === 'lost';
  connection = connected ? 'connected' : 'lost';
  if (back) Promise.all([loadStack(), loadApprovals(), loadLists()]).catch(fail);
  if (back && talk.needsLoad) reload();
  draw();
}

async function loadStack(): Promise<void> {
  stack = await api.stack();
  offer(
    agentPicker,
    stack.agents.map(({ id }) => id),
    talk.agent,
  );
  draw();
}

/** Opens a chat; one that the agent does not have yet comes to be with its first message. */
async function choose(agent: string, chat: string): Promise<void> {
  talk = new Conversation(agent, chat, () => api.history(agent, chat));
  localStorage.setItem('interject.agent', agent);
  localStorage.setItem('interject.chat', chat);
  const names = new Set(['main', ...(await api.chats(agent)).map((known) => known.chat)]);
  if (names.has(chat)) await talk.load();
  offer(
    agentPicker,
    stack.agents.map(({ id }) => id),
    agent,
  );
  offer(chatPicker, [...names.add(chat)], chat);
  trouble = '';
  draw();
  composer.focus();
}

function offer(picker: HTMLSelectElement, names: string[], chosen: string): void {
  picker.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
}

/** Goes on where this browser was, as far as that is still there. */
async function start(): Promise<void> {
  await enterWithToken();
  await loadStack();
  const agents = stack.agents.map(({ id }) => id);
  const agent = agents.find((id) => id === localStorage.getItem('interject.agent')) ?? agents[0] ?? '';
  const chats = (await api.chats(agent)).map(({ chat }) => chat);
  await choose(agent, chats.find((chat) => chat === localStorage.getItem('interject.chat')) ?? 'main');
  setLocked(false);
  await Promise.all([loadApprovals(), loadLists()]);
  if (!streaming) openStream(talk.view.seq, { event: receive, connected: setConnected });
  streaming = true;
}

agentPicker.addEventListener('change', () => choose(agentPicker.value, 'main').catch(fail));
chatPicker.addEventListener('change', () => choose(talk.agent, chatPicker.value).catch(fail));
find('new-chat', HTMLButtonElement).addEventListener('click', () => {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  choose(talk.agent, local.toISOString().slice(0, 19).replace('T', ' ')).catch(fail);
});
restart.addEventListener('click', () => {
  composer.focus();
  api.restart(talk.agent).catch(fail);
});
onTokenGiven(tokenForm, start, fail);
start().catch(fail);
