/** What the supervisor does for its doors: see service.ts for every promise. */
import { join } from 'node:path';
import { approvalView } from './approval-view.ts';
import { Benchmarks } from './benchmarks/benchmarks.ts';
import type { LaunchBenchmark } from './benchmarks/process.ts';
import { Completions } from './completions.ts';
import type { AgentDefinition } from './configuration.ts';
import type { Engine } from './engine.ts';
import { InterjectError } from './errors.ts';
import type { EventScope } from './events.ts';
import { accepted, Intake } from './intake.ts';
import { contactsOf } from './mailbox/contacts.ts';
import type { ProcessView } from './metrics/metrics.ts';
import type { RunWaiters } from './run-waiters.ts';
import type { LiveRun } from './runs/live-run.ts';
import type * as service from './service.ts';
import type { ReviewCost } from './store/reviews.ts';
import type { RunRow } from './store/runs.ts';
import { Swarms } from './swarms/swarms.ts';
import { Views } from './views.ts';

const MAIN_CHAT = 'main';

/** What concerns processes, which are others' matter. */
export interface ProcessControl {
  restartAgent(agent: string): void;
  /** The processes of the stack, with their memory. */
  processes(): ProcessView[];
  /** Starts a process that drives a benchmark. */
  launchBenchmark: LaunchBenchmark;
}

export class StackSupervisor implements service.Supervisor {
  readonly #engine: Engine;
  readonly #waiters: RunWaiters;
  readonly #views: Views;
  readonly #processes: ProcessControl;
  readonly #intake: Intake;
  readonly #completions: Completions;
  readonly swarms: Swarms;
  readonly benchmarks: Benchmarks;

  constructor(engine: Engine, waiters: RunWaiters, processes: ProcessControl) {
    this.#engine = engine;
    this.#waiters = waiters;
    this.#intake = new Intake(engine);
    this.#completions = new Completions(engine, this.#intake);
    this.swarms = new Swarms(engine, waiters, this.#intake);
    const folder = join(engine.dataFolder, 'benchmarks');
    this.benchmarks = new Benchmarks(engine, this.#intake, processes.launchBenchmark, folder);
    this.#views = new Views(engine.bench.store, engine.bench.runs);
    this.#processes = processes;
  }

  /** Goes on with what a previous supervisor had begun. */
  resume(): void {
    this.swarms.resume();
    this.benchmarks.resume();
  }

  /** From now on no message is accepted; swarms and benchmarks go on after the next start. Resolves when nobody works on them any more. */
  async stopAccepting(): Promise<void> {
    this.#intake.close();
    this.swarms.suspend();
    await this.benchmarks.suspend();
  }

  async accept({ agent, content, chat = MAIN_CHAT, key }: service.IncomingMessage): Promise<service.AcceptedMessage> {
    const definition = this.#agent(agent);
    if (this.#intake.isStopping) throw new InterjectError('stopping');
    const known = key === undefined ? undefined : this.#engine.bench.store.runs.byKey(agent, key);
    if (known !== undefined) return this.#join(known, chat, content);
    const { row } = await this.#intake.open({ agent, chat, key, content }, definition);
    return accepted(row);
  }

  async complete(completion: service.IncomingCompletion): Promise<service.AcceptedCompletion> {
    return this.#completions.take(this.#agent(completion.agent), completion);
  }

  /** The same key again: the same run, unless something else is asked. */
  async #join(known: RunRow, chat: string, content: string): Promise<service.AcceptedMessage> {
    if (!this.#isSameMessage(known, content) || known.chat !== chat) throw new InterjectError('key_conflict');
    await this.#engine.bench.recorder.committed();
    return accepted(known);
  }

  /** Of a message that was masked only the hash is known. */
  #isSameMessage({ content, contentHash }: RunRow, sent: string): boolean {
    return contentHash === null ? content === sent : this.#engine.hash.isOf(contentHash, sent);
  }

  run(id: string): service.RunView {
    this.#engine.bench.recorder.flush();
    return this.#views.run(id);
  }

  async waitForRun(id: string, milliseconds: number, signal?: AbortSignal): Promise<service.RunView> {
    const { status } = this.run(id);
    if (status === 'queued' || status === 'running') await this.#waiters.wait(id, milliseconds, signal);
    return this.run(id);
  }

  async stopRun(id: string, reason = 'stopped by a person'): Promise<service.RunView> {
    this.run(id);
    const live = this.#engine.bench.runs.get(id);
    if (live !== undefined && !live.hasEnded) this.#engine.turns.ending.end(live, 'stopped', reason);
    await this.#engine.bench.recorder.committed();
    return this.run(id);
  }

  async labelRun(id: string, label: service.LabelView): Promise<service.RunView> {
    this.run(id);
    const { store, recorder, ledger } = this.#engine.bench;
    if (this.#engine.degraded !== undefined) throw new InterjectError('storage_failed', this.#engine.degraded);
    const row = store.runs.byId(id);
    if (row !== undefined) ledger.labelled(row.number, label);
    await recorder.committed();
    return this.run(id);
  }

  async stopChat(agent: string, chat: string | undefined): Promise<service.RunView> {
    return this.stopRun(this.#inProgress(agent, chat).id);
  }

  async interject(agent: string, chat: string | undefined, content: string): Promise<service.RunView> {
    const run = this.#inProgress(agent, chat);
    if (run.phase === 'paused') throw new InterjectError('not_running', 'It waits for a person: see GET /approvals.');
    this.#engine.turns.correct(run, content);
    await this.#engine.bench.recorder.committed();
    return this.run(run.id);
  }

  approvals(): service.ApprovalView[] {
    const { recorder, store } = this.#engine.bench;
    recorder.flush();
    return store.approvals.waiting().map(approvalView);
  }

  async decideApproval(id: string, decree: service.ApprovalDecree): Promise<service.RunView> {
    const { degraded, bench, turns } = this.#engine;
    if (degraded !== undefined) throw new InterjectError('storage_failed', degraded);
    const row = /^\d{1,15}$/.test(id) ? bench.store.approvals.byId(Number(id)) : undefined;
    if (row === undefined) throw new InterjectError('unknown_approval');
    turns.approvals.decide(row, decree);
    await bench.recorder.committed();
    return this.run(row.runId);
  }

  history(agent: string, chat = MAIN_CHAT): ReturnType<service.Supervisor['history']> {
    const definition = this.#agent(agent);
    const { recorder, store } = this.#engine.bench;
    recorder.flush();
    if (chat !== MAIN_CHAT && !store.history.hasChat(agent, chat)) throw new InterjectError('unknown_chat');
    return { chat, seq: recorder.lastSeq, messages: this.#views.history(definition, chat) };
  }

  chats(agent: string): service.ChatView[] {
    this.#agent(agent);
    this.#engine.bench.recorder.flush();
    return this.#engine.bench.store.history.chats(agent);
  }

  agents(): service.AgentView[] {
    const { agents, links, policies, runs } = this.#engine.bench;
    return [...agents.values()].map((agent) => ({
      id: agent.name,
      ...links.state(agent.name),
      ...this.#place(agent),
      policies: policies.of(agent.name).map(({ name }) => name),
      ...contactsView(contactsOf(agent, agents.keys())),
      ...runs.count(agent.name),
    }));
  }

  /** The backend or pool of an agent, and the one that stands in for it. */
  #place(agent: AgentDefinition): Pick<service.AgentView, 'backend' | 'fallback' | 'members' | 'model'> {
    const { backends, backendOf } = this.#engine.bench;
    const backend = backendOf(agent);
    const now = backends.route(backend, agent);
    return {
      backend,
      model: agent.model ?? backends.model(now),
      ...(now !== backend && { fallback: now }),
      ...(backends.isPool(now) && { members: backends.membersOf(now) }),
    };
  }

  backends(): service.BackendView[] {
    const { backends, runs } = this.#engine.bench;
    const waiting = runs.waitingUpstream();
    return backends.views().map((view) => {
      const busy = waiting.get(view.name);
      if (busy === undefined) return view;
      const detail = `others use it: ${busy} of our requests ${busy === 1 ? 'waits' : 'wait'} there`;
      return { ...view, busy, detail: view.detail ?? detail };
    });
  }

  policies(): service.PolicyView[] {
    const { policies, agents, store } = this.#engine.bench;
    const costs = store.reviews.costs();
    return policies.views([...agents.keys()]).map((view) => {
      const cost = costs.get(view.name);
      return cost === undefined ? view : { ...view, reviews: reviewsView(cost) };
    });
  }

  async releasePolicy(name: string): Promise<service.PolicyView> {
    const { recorder, policies } = this.#engine.bench;
    if (this.#engine.degraded !== undefined) throw new InterjectError('storage_failed', this.#engine.degraded);
    const use = policies.places.find(({ hosted }) => hosted.name === name)?.source.use;
    await this.#engine.reloads.release(name);
    await recorder.committed();
    // One that was loaded only now is called otherwise.
    const views = this.policies();
    return views.find((view) => view.name === name) ?? (views.find((view) => view.use === use) as service.PolicyView);
  }

  async restartAgent(agent: string): Promise<void> {
    this.#agent(agent);
    this.#processes.restartAgent(agent);
  }

  readiness(): service.Readiness {
    const reasons: string[] = [];
    if (this.#intake.isStopping) reasons.push('the stack is stopping');
    if (this.#engine.degraded !== undefined)
      reasons.push(`the data folder cannot be written: ${this.#engine.degraded}`);
    const backends = this.backends();
    if (!backends.some(({ up }) => up)) reasons.push(...backends.map(whyDown));
    return { ready: reasons.length === 0, reasons };
  }

  metrics(): Promise<string> {
    const { metrics, runs, asks, leases, store } = this.#engine.bench;
    return metrics.text({
      agents: this.agents(),
      backends: this.backends(),
      policies: this.policies(),
      processes: this.#processes.processes(),
      waiting: store.approvals.waiting().length,
      slotsUsed: runs.slotsUsed([...asks.working, ...leases.users]),
    });
  }

  events(scope: EventScope, after: number | undefined, signal: AbortSignal): ReturnType<service.Supervisor['events']> {
    return this.#engine.hub.subscribe(scope, after, signal);
  }

  #agent(name: string): AgentDefinition {
    const agent = this.#engine.bench.agents.get(name);
    if (agent === undefined) throw new InterjectError('unknown_agent');
    return agent;
  }

  /** The run of a chat that somebody can stop or correct. */
  #inProgress(agent: string, chat = MAIN_CHAT): LiveRun {
    this.#agent(agent);
    const run = this.#engine.bench.runs.inProgress(agent, chat);
    if (run === undefined) throw new InterjectError('not_running');
    return run;
  }
}

function contactsView(contacts: readonly string[]): Pick<service.AgentView, 'contacts'> {
  return contacts.length === 0 ? {} : { contacts: [...contacts] };
}

function whyDown({ name, url, detail = 'no reason given' }: service.BackendView): string {
  return `the model server ${name} (${url}) is not ready: ${detail}`;
}

function reviewsView({ calls, ms, promptTokens, completionTokens }: ReviewCost): service.ReviewsView {
  return { calls, ms: Math.round(ms), prompt_tokens: promptTokens, completion_tokens: completionTokens };
}
