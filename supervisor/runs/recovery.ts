/**
 * Brings runs back from the store after a restart, and matches what agents still hold against it: a turn that both know goes on
 * where its recorded text ends, a turn that only one of them knows is cancelled or run again.
 */
import type { Channel } from '../../agent/turn.ts';
import type { AgentExit } from '../agent-links.ts';
import { type Offence, whatItDid } from '../policies/watchdog.ts';
import type { RunRow } from '../store/runs.ts';
import type { OpenTurnRow } from '../store/turns.ts';
import { LiveRun, type LiveTurn } from './live-run.ts';
import { type RecordedTurn, reopenTurn } from './live-turn.ts';
import { PERSON } from './objections.ts';
import { recordedResumePoint, shownOf } from './resume-point.ts';
import type { TurnControl } from './turn-control.ts';
import { unmasked } from './unmasked.ts';
import type { Workbench } from './workbench.ts';

const NOTHING = { text: '', reasoning: '' };
/** Why a conversation that its caller holds cannot go on. */
const LOST = 'connection_lost: the supervisor was restarted, or could not write; what was said before is not kept';

export class Recovery {
  readonly #bench: Workbench;
  readonly #turns: TurnControl;

  constructor(bench: Workbench, turns: TurnControl) {
    this.#bench = bench;
    this.#turns = turns;
  }

  /** Loads all open runs. The run that a policy hung on is not judged again, nor is any that a policy in quarantine covers: it fails closed. */
  restore(offence: Offence | undefined): void {
    const { recorder, store } = this.#bench;
    for (const row of recorder.write(() => store.runs.open())) {
      const run = this.#revive(row);
      if (run === undefined) continue;
      if (row.isEphemeral) this.#turns.ending.end(run, 'failed', LOST);
      else if (row.number === offence?.run) this.#turns.ending.end(run, 'failed', blame(offence));
      else if (run.phase === 'paused') this.#turns.approvals.expireInTime(run);
      else this.#turns.ending.refuse(run, store.turns.open(row.number)?.policies);
    }
  }

  /** A run of an agent that the configuration no longer has stays in the inbox. */
  #revive(row: RunRow): LiveRun | undefined {
    const { store, runs, policies } = this.#bench;
    const known = this.#bench.agents.get(row.agent);
    if (known === undefined) return undefined;
    const agent = row.system === null ? known : { ...known, system: row.system };
    const interventions = store.interventions
      .ofRun(row.number)
      .filter(({ policy, turn, action }) => policy !== PERSON && turn > 0 && action === 'interject');
    const run = new LiveRun(row, agent, this.#bench.backendOf(agent), interventions.length);
    run.turns = store.turns.last(row.number);
    const open = store.turns.open(row.number);
    run.phase = store.approvals.waitingOf(row.number) === undefined ? 'waiting' : 'paused';
    if (open !== undefined) run.phase = 'turn';
    runs.add(run);
    if (open === undefined) {
      run.resumePoint = recordedResumePoint(store, run);
      return run;
    }
    this.#bench.routing.comesFrom(run, open.backend ?? run.ownPlace);
    const recorded = this.#recorded(run, open);
    const { raw, origin } = recorded;
    const [text, reasoning] = [raw.text.slice(origin.text), raw.reasoning.slice(origin.reasoning)];
    run.spending.restore(store.turns.spent(row.number), store.turns.spentInChat(run.chatId));
    run.spending.resume(open.startedAt);
    run.spending.received(Buffer.byteLength(text) + Buffer.byteLength(reasoning), Date.now());
    runs.setTurn(run, reopenTurn(run, policies, recorded));
    return run;
  }

  /** What readers have been shown of a turn, with what it went on from. */
  #recorded(run: LiveRun, open: OpenTurnRow): RecordedTurn {
    const { number, incarnation, policies } = open;
    const own = this.#shown(run, number);
    const before = open.continues === null ? NOTHING : shownOf(this.#bench.store, run, number - 1);
    if (open.continues !== null) run.resumePoint = { turn: number - 1, shown: before };
    const shown = { text: before.text + own.text, reasoning: before.reasoning + own.reasoning };
    const redactions = this.#bench.store.interventions.redactionsOf(run.number, number);
    const raw = { text: unmasked(shown, redactions, 'text'), reasoning: unmasked(shown, redactions, 'reasoning') };
    const origin = { text: before.text.length, reasoning: before.reasoning.length };
    return { number, incarnation, policies, shown, raw, origin };
  }

  /** The recorded deltas of a turn put together. */
  #shown(run: LiveRun, turn: number): Record<Channel, string> {
    const shown = { text: '', reasoning: '' };
    for (const event of this.#bench.store.events.page({ run: run.id }, 0, Number.MAX_SAFE_INTEGER)) {
      if (event.type !== 'text-delta' && event.type !== 'reasoning-delta') continue;
      const data = JSON.parse(event.data) as { turn: number; text: string };
      if (data.turn === turn) shown[event.type === 'text-delta' ? 'text' : 'reasoning'] += data.text;
    }
    return shown;
  }

  /** An agent says which turns it holds. */
  greet(agent: string, incarnation: string, held: readonly string[]): void {
    const { recorder, runs, links } = this.#bench;
    recorder.write(() => recorder.event('agent-ready', { agent }, { incarnation }));
    for (const turn of held) {
      if (runs.ofTurn(turn) !== undefined) continue;
      links.send(agent, { type: 'turn-cancel', turn });
      links.send(agent, { type: 'turn-end-recorded', turn });
    }
    for (const [run, turn] of this.#openTurns(agent)) {
      if (turn.incarnation !== incarnation || !held.includes(turn.id)) this.#turns.agentLost(run, turn, false);
      else this.#resume(run, turn);
    }
    this.#bench.dispatch();
  }

  #resume(run: LiveRun, turn: LiveTurn): void {
    turn.attached = true;
    const { text: textOffset, reasoning: reasoningOffset } = turn.received;
    this.#bench.log.info({ ...run.scope, turn: turn.number }, 'the agent still has the turn, which goes on');
    this.#bench.links.send(run.row.agent, { type: 'turn-resume', turn: turn.id, textOffset, reasoningOffset });
    if (run.phase !== 'turn') this.#turns.ending.closeUpstream(run, turn);
  }

  /** A process of an agent has ended; one that died by itself counts against the messages it was working on. */
  agentExited(agent: string, { incarnation, reason, restarting, expected }: AgentExit): void {
    const { recorder } = this.#bench;
    recorder.write(() => recorder.event('agent-exit', { agent }, { incarnation, reason, restarting }));
    const lost = this.#openTurns(agent).filter(([, turn]) => turn.incarnation === incarnation);
    if (lost.length > 0 && !expected) this.#bench.chargeExit(agent, incarnation);
    for (const [run, turn] of lost) this.#turns.agentLost(run, turn, !expected);
  }

  /** Agents that did not come back in time have lost their turns, but for those that are known to be on their way. */
  giveUpOnAbsent(isComing: (agent: string, incarnation: string) => boolean = () => false): void {
    for (const run of this.#bench.runs.all()) {
      const { turn } = run;
      if (turn === undefined || turn.attached || isComing(run.row.agent, turn.incarnation)) continue;
      this.#turns.agentLost(run, turn, false);
    }
  }

  #openTurns(agent: string): [LiveRun, LiveTurn][] {
    return this.#bench.runs
      .all()
      .filter((run) => run.row.agent === agent)
      .flatMap((run) => (run.turn?.upstreamOpen ? [[run, run.turn] as [LiveRun, LiveTurn]] : []));
  }
}

function blame(offence: Offence): string {
  return `policy_failed: policy ${offence.policy} (${offence.version}) ${whatItDid(offence)}`;
}
