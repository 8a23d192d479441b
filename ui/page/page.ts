/** The page's entry: the state it keeps, and what leads to what. */
import { ApiError, api, type Stack } from './api.ts';
import { type ChatView, EMPTY_CHAT, fromHistory, runningRun } from './chat-view.ts';
import { Composer, find } from './composer.ts';
import { fold, type PageEvent } from './fold.ts';
import { LogView } from './log-view.ts';
import { enterWithToken, onTokenGiven } from './session.ts';
import { openStream } from './stream.ts';
import { type Connection, describeBackend, describeState } from './words.ts';

const RELOAD_MS = 1000;

const agentPicker = find('agent', HTMLSelectElement);
const chatPicker = find('chat', HTMLSelectElement);
const status = find('status', HTMLElement);
const backend = find('backend', HTMLElement);
const log = new LogView(find('log', HTMLElement));
const tokenForm = find('token-form', HTMLFormElement);

let stack: Stack = { agents: [], backends: [], policies: [] };
let agent = localStorage.getItem('interject.agent') ?? '';
let chat = localStorage.getItem('interject.chat') ?? 'main';
let view: ChatView = EMPTY_CHAT;
let connection: Connection = 'connecting';
/** Says what went wrong until the next event of the chat. */
let trouble = '';
/** Events of this chat that arrive while its history is on the way. */
let waiting: PageEvent[] | undefined;
let loads = 0;
let streaming = false;
let drawing = false;

const composer = new Composer({
  send: (content, key) => api.send(agent, { content, chat, key }),
  correct: async (content) => void (await api.interject(agent, chat, content)),
  stop: async () => void (await api.stop(agent, chat)),
  failed: fail,
});

function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    log.draw(view, agent);
    const line = trouble || describeState(view, connection, agent);
    if (status.textContent !== line) status.textContent = line;
    status.dataset.trouble = String(trouble !== '' || connection === 'lost');
    backend.textContent = describeBackend(stack, agent);
    composer.running = runningRun(view) !== undefined;
  });
}

function fail(error: unknown): void {
  trouble = error instanceof Error ? error.message : String(error);
  const locked = error instanceof ApiError && error.code === 'token_required';
  tokenForm.hidden = !locked;
  composer.hidden = locked;
  draw();
}

function receive(event: PageEvent): void {
  if (event.type === 'degraded') fail(new Error(event.reason));
  if (/^(agent|backend)-/.test(event.type)) loadStack().catch(fail);
  if (event.type === 'resync') return void loadChat();
  if (event.agent !== agent || event.chat !== chat) return;
  if (waiting !== undefined) return void waiting.push(event);
  trouble = '';
  view = fold(view, event);
  if (view.stale) setTimeout(loadChat, RELOAD_MS);
  draw();
}

/** Shows the chosen chat: its history, then what has come since. */
async function loadChat(): Promise<void> {
  const load = ++loads;
  waiting = [];
  try {
    const history = await api.history(agent, chat);
    if (load !== loads) return;
    view = waiting.reduce(fold, fromHistory(history));
    trouble = '';
    startStream(history.seq);
  } catch (error) {
    if (load !== loads) return;
    view = EMPTY_CHAT;
    // A new chat comes to be with its first message.
    if (!(error instanceof ApiError && error.code === 'unknown_chat')) fail(error);
  }
  waiting = undefined;
  draw();
}

function startStream(seq: number): void {
  if (streaming) return;
  streaming = true;
  openStream(seq, {
    event: receive,
    connected: (connected) => {
      if (connected && connection === 'lost') loadStack().catch(fail);
      connection = connected ? 'connected' : 'lost';
      draw();
    },
  });
}

async function loadStack(): Promise<void> {
  stack = await api.stack();
  const names = stack.agents.map(({ id }) => id);
  if (!names.includes(agent)) agent = names[0] ?? '';
  offer(agentPicker, names, agent);
  draw();
}

async function loadChats(): Promise<void> {
  const names = (await api.chats(agent)).map((entry) => entry.chat);
  offer(chatPicker, [...new Set(['main', ...names, chat])], chat);
}

function offer(picker: HTMLSelectElement, names: string[], chosen: string): void {
  picker.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
}

async function choose(nextAgent: string, nextChat: string): Promise<void> {
  agent = nextAgent;
  chat = nextChat;
  view = EMPTY_CHAT;
  localStorage.setItem('interject.agent', agent);
  localStorage.setItem('interject.chat', chat);
  await Promise.all([loadChats(), loadChat()]);
  composer.focus();
}

async function start(): Promise<void> {
  try {
    await enterWithToken();
    await loadStack();
    tokenForm.hidden = true;
    composer.hidden = false;
    await choose(agent, chat);
  } catch (error) {
    fail(error);
  }
}

agentPicker.addEventListener('change', () => choose(agentPicker.value, 'main').catch(fail));
chatPicker.addEventListener('change', () => choose(agent, chatPicker.value).catch(fail));
find('new-chat', HTMLButtonElement).addEventListener('click', () => {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  choose(agent, local.toISOString().slice(0, 19).replace('T', ' ')).catch(fail);
});
onTokenGiven(tokenForm, start, fail);
start();
