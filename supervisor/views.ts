/** Runs and chats as readers see them: what is stored, and what is being streamed right now. */
import type { AgentDefinition } from './configuration.ts';
import { InterjectError } from './errors.ts';
import type { LiveRun } from './runs/live-run.ts';
import type { LiveRuns } from './runs/live-runs.ts';
import type { ChatMessage, NoticeView, RunView } from './service.ts';
import type { HistoryRow } from './store/history.ts';
import type { SentLetter } from './store/letters.ts';
import { chatId, type RunRow } from './store/runs.ts';
import type { Store } from './store/store.ts';

export class Views {
  readonly #store: Store;
  readonly #runs: LiveRuns;

  constructor(store: Store, runs: LiveRuns) {
    this.#store = store;
    this.#runs = runs;
  }

  /** @throws InterjectError unknown_run */
  run(id: string): RunView {
    const row = this.#store.runs.byId(id);
    if (row === undefined) throw new InterjectError('unknown_run');
    const history = this.#store.history.ofRun(row.number);
    const live = this.#runs.get(id);
    const label = this.#store.labels.ofRun(row.number);
    const messages = [...history.filter(isShown).map(toMessage), ...unfinished(row, history, live)];
    const answer = history.find(({ role, status }) => role === 'assistant' && status === 'complete');
    return {
      run: row.id,
      chat: row.chat,
      agent: row.agent,
      status: row.status,
      ...(row.reason !== null && { reason: row.reason }),
      ...this.#letters(row),
      ...this.#approval(row),
      content: answer?.content ?? '',
      messages: messages.map(({ role, content, status }) => ({ role, content, status })),
      interventions: this.#store.interventions.ofRun(row.number),
      ...(label !== undefined && { label }),
      usage: this.#usage(row),
      timings: timings(row),
    };
  }

  #letters({ id, fromAgent, fromRun, hops }: RunRow): Pick<RunView, 'from' | 'letters'> {
    const letters = this.#store.letters.sentBy(id);
    return {
      ...(fromAgent !== null && fromRun !== null && { from: { agent: fromAgent, run: fromRun, hops } }),
      ...(letters.length > 0 && { letters }),
    };
  }

  #approval({ number }: RunRow): Pick<RunView, 'approval'> {
    const waiting = this.#store.approvals.waitingOf(number);
    if (waiting === undefined) return {};
    return { approval: { id: waiting.id, policy: waiting.policy, reason: waiting.reason } };
  }

  #usage({ number }: RunRow): RunView['usage'] {
    const { promptTokens, completionTokens, cachedTokens } = this.#store.turns.usage(number);
    return {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      cached_tokens: cachedTokens,
    };
  }

  /** Everything of a chat, oldest first; the answers that are being streamed and the queued messages last. */
  history(agent: AgentDefinition, chat: string): ChatMessage[] {
    const rows = this.#store.history.ofChat(agent.name, chat);
    const open = this.#store.runs.open().filter((row) => row.agent === agent.name && row.chat === chat);
    const tail = open.flatMap((row) =>
      unfinished(
        row,
        rows.filter(({ run }) => run === row.id),
        this.#runs.get(row.id),
      ),
    );
    const notices = this.#notices(agent.name, chat);
    const letters = this.#lettersOf(agent.name, chat);
    return [...rows.filter(isShown).map(toMessage), ...tail].map((message) =>
      message.role === 'user' ? { ...message, ...notices.get(message.run), ...letters.get(message.run) } : message,
    );
  }

  /** By run. */
  #notices(agent: string, chat: string): Map<string, { notices: NoticeView[] }> {
    const all = new Map<string, { notices: NoticeView[] }>();
    for (const { run = '', data } of this.#store.events.notices(agent, chat)) {
      const { code, text, turn } = JSON.parse(data) as NoticeView;
      const { notices = [] } = all.get(run) ?? {};
      all.set(run, { notices: [...notices, { code, text, ...(turn !== undefined && { turn }) }] });
    }
    return all;
  }

  /** By run. */
  #lettersOf(agent: string, chat: string): Map<string, { letters: SentLetter[] }> {
    const all = new Map<string, { letters: SentLetter[] }>();
    for (const { from, to, run } of this.#store.letters.ofChat(chatId(agent, chat))) {
      all.set(from, { letters: [...(all.get(from)?.letters ?? []), { to, run }] });
    }
    return all;
  }
}

/** What is not in the history yet: a message that waits for its claim, the shown part of the turn that is going on. */
function unfinished(row: RunRow, history: readonly HistoryRow[], live: LiveRun | undefined): ChatMessage[] {
  const base = { run: row.id, ts: row.acceptedAt };
  if (history.length === 0) {
    const from = row.fromAgent === null ? {} : { from: row.fromAgent };
    return [{ ...base, id: row.id, role: 'user', content: row.content, ...from, status: 'queued' }];
  }
  if (live?.turn === undefined || !live.hasOpenTurn) return [];
  const { id, number, shown } = live.turn;
  const reasoning = shown.reasoning === '' ? {} : { reasoning: shown.reasoning };
  return [{ ...base, id, role: 'assistant', content: shown.text, ...reasoning, status: 'streaming', turn: number }];
}

/** The beginning of an answer is shown with the turn that goes on from it. */
function isShown({ isContinued }: HistoryRow): boolean {
  return isContinued === 0;
}

function toMessage(row: HistoryRow): ChatMessage {
  const { id, run, role, content, ts, status } = row;
  const message: ChatMessage = { id, run, role, content, ts, status };
  if (row.reasoning !== null) message.reasoning = row.reasoning;
  if (role === 'assistant') message.turn = row.turn;
  if (role === 'supervisor') Object.assign(message, interventionOf(row));
  if (row.from !== null) message.from = row.from;
  if (role === 'user') Object.assign(message, outcomeOf(row));
  return message;
}

function interventionOf({ policy, action, content, turn, shownOffset }: HistoryRow): Pick<ChatMessage, 'intervention'> {
  if (policy === null || action === null) return {};
  return { intervention: { policy, action, reason: content, turn, offset: shownOffset ?? 0 } };
}

function outcomeOf({ runStatus, runReason }: HistoryRow): Pick<ChatMessage, 'outcome'> {
  if (runStatus === 'queued' || runStatus === 'running') return {};
  return { outcome: { status: runStatus, ...(runReason !== null && { reason: runReason }) } };
}

function timings({ acceptedAt, startedAt, firstTextAt, endedAt }: RunRow): RunView['timings'] {
  const since = (time: number | null): number | null => (time === null ? null : time - acceptedAt);
  return { queue_ms: since(startedAt), ttft_ms: since(firstTextAt), total_ms: since(endedAt) };
}
