/**
 * Makes the prompt of a turn from the conversation: as long as the context allows, in roles that the template takes. Learns from what
 * servers count and refuse.
 */
import type { ModelMessage } from '../../agent/backend/backend.ts';
import type { TurnEnd } from '../../agent/bus/messages.ts';
import type { AgentDefinition } from '../configuration.ts';
import { Learned, type ModelServer } from '../context/learned.ts';
import type { Prompt } from '../context/prompt.ts';
import { isRoleRefusal, mapRoles, type RoleAbilities, STRICTEST } from '../context/roles.ts';
import { promptRoom, shorten } from '../context/shorten.ts';
import { roughTokens } from '../context/token-estimate.ts';
import { describeMapped, describeOverflow, describeRegenerates, describeShortened } from '../context/words.ts';
import { contactsOfRun } from '../mailbox/contacts.ts';
import { describeContacts } from '../mailbox/words.ts';
import { foldTranscript, messagesOf, type Transcript } from '../transcript.ts';
import { plainName } from '../watched-backend.ts';
import type { LiveRun, LiveTurn, ResumePoint } from './live-run.ts';
import type { Workbench } from './workbench.ts';

const TAKES_ALL: RoleAbilities = { systemRole: true, consecutiveUsers: true };

type Bench = Pick<Workbench, 'store' | 'ledger' | 'backends' | 'agents'>;

export class Prompts {
  readonly #bench: Bench;
  readonly #learned: Learned;

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#learned = new Learned((backend) => bench.backends.timesUp(backend));
  }

  /** The prompt of the next turn, if it goes to this model. */
  prepare(run: LiveRun, model: string): Prompt {
    const { row, backend } = run;
    const server = { backend, model };
    const { context, limit } = this.#limits(run, server);
    const lines = this.#bench.store.history.ofChat(row.agent, row.chat);
    const from = this.#goesOnFrom(run, server);
    const beginning = from && { turn: from.turn, text: from.shown.text };
    const transcript = foldTranscript(this.#system(run), lines, run.id, beginning);
    const kept = this.#shorten(run, withEarlier(transcript, run.earlier), limit, server);
    const dropped = transcript.earlier.slice(0, transcript.earlier.length - kept.earlier.length).flat();
    const asFolded = messagesOf(kept);
    const messages = mapRoles(asFolded, this.#roles(server));
    return {
      ...server,
      messages,
      rough: roughTokens(messages),
      kept: kept.earlier.length,
      leftOut: { messages: dropped.length, tokens: Math.round(this.#tokens(server, dropped)) },
      context,
      goesOn: from !== undefined,
      isMapped: messages !== asFolded,
    };
  }

  /** With how to write to others; the same in every run, so that the server's cache stays good. */
  #system(run: LiveRun): string {
    const { system } = run.agent;
    const contacts = contactsOfRun(run, this.#bench.agents.keys());
    if (contacts.length === 0) return system;
    return [system, describeContacts(contacts)].filter((part) => part !== '').join('\n\n');
  }

  /** Whether an answer of this agent goes on after a cut: it is to, and the server can. */
  continues({ resume }: Pick<AgentDefinition, 'resume'>, server: ModelServer): boolean {
    return resume === 'continue' && this.#canContinue(server);
  }

  /** What the next turn goes on from; undefined: it begins anew. */
  #goesOnFrom({ agent, resumePoint }: LiveRun, server: ModelServer): ResumePoint | undefined {
    if (!this.continues(agent, server)) return undefined;
    return resumePoint === undefined || resumePoint.shown.text === '' ? undefined : resumePoint;
  }

  #canContinue(server: ModelServer): boolean {
    if (this.#learned.sinceUp(server).isContinuationRefused) return false;
    return this.#bench.backends.status(server.backend)?.abilities?.continuesAnswer === true;
  }

  #shorten(run: LiveRun, transcript: Transcript, limit: number, server: ModelServer): Transcript {
    const room = limit === Number.POSITIVE_INFINITY ? limit : promptRoom(limit, run.agent.maxTokens);
    const keepAtMost = this.#keepAtMost(run, transcript.earlier.length);
    return shorten(transcript, { room, keepAtMost, tokensOf: (messages) => this.#tokens(server, messages) });
  }

  #tokens(server: ModelServer, messages: readonly ModelMessage[]): number {
    return this.#learned.scale(server) * roughTokens(messages);
  }

  /** Tokens of context, as somebody said, and what is known to be taken, which may be less. */
  #limits(
    { agent, backend, keepAtMost }: LiveRun,
    server: ModelServer,
  ): { context: number | undefined; limit: number } {
    const unknown = Number.POSITIVE_INFINITY;
    const { context: inRefusal = unknown, refusedAt = unknown } = this.#learned.sinceUp(server);
    const told = this.#told(server);
    const { server: kind } = this.#bench.backends.status(backend) ?? {};
    // Ollama loads the model with the context that is asked for; others have the one that they were started with.
    const most = kind === 'ollama' ? unknown : (told ?? unknown);
    const context = Math.min(agent.context ?? told ?? unknown, most, inRefusal);
    const isRefused = refusedAt < context || (keepAtMost !== undefined && inRefusal === unknown);
    return {
      context: context === unknown || isRefused ? undefined : context,
      limit: Math.min(context, refusedAt),
    };
  }

  /** What a previous supervisor knew of a prompt that was refused is lost: half of the conversation goes then. */
  #keepAtMost(run: LiveRun, earlier: number): number {
    if (run.keepAtMost === undefined && this.#overflows(run) > 0) run.keepAtMost = Math.floor(earlier / 2);
    return run.keepAtMost ?? earlier;
  }

  #roles(server: ModelServer): RoleAbilities {
    const probed = this.#bench.backends.status(server.backend)?.abilities;
    return this.#learned.sinceUp(server).roles ?? probed ?? TAKES_ALL;
  }

  /** Records what was done to the conversation of a turn that has started. */
  tell(run: LiveRun, turn: LiveTurn, prompt: Prompt): void {
    const { ledger } = this.#bench;
    const { leftOut, isMapped, backend } = prompt;
    if (leftOut.messages > run.leftOutTold) {
      run.leftOutTold = leftOut.messages;
      const text = describeShortened(prompt);
      ledger.noticed(run, { code: 'context_shortened', text, turn: turn.number });
    }
    this.#tellRegenerates(run, turn, prompt);
    const facts = this.#learned.sinceUp(prompt);
    if (!isMapped || facts.isMappingTold) return;
    facts.isMappingTold = true;
    ledger.noticedOfBackend({ code: 'roles_mapped', text: describeMapped(backend), backend });
  }

  /** Says once a run that a cut answer is not gone on with. */
  #tellRegenerates(run: LiveRun, turn: LiveTurn, prompt: Prompt): void {
    const { agent, resumePoint, id } = run;
    if (agent.resume !== 'continue' || resumePoint === undefined || prompt.goesOn) return;
    run.regeneratesTold ??= this.#bench.store.events
      .page({ run: id }, 0, Number.MAX_SAFE_INTEGER)
      .some(({ type, data }) => type === 'notice' && data.includes('"resume_regenerates"'));
    if (run.regeneratesTold) return;
    run.regeneratesTold = true;
    const text = describeRegenerates(prompt.backend, this.#canContinue(prompt));
    this.#bench.ledger.noticed(run, { code: 'resume_regenerates', text, turn: turn.number, backend: prompt.backend });
  }

  /** The server has counted the tokens of a prompt. */
  counted(prompt: Prompt | undefined, tokens: number | undefined): void {
    if (prompt !== undefined && tokens !== undefined) this.#learned.counted(prompt, prompt.rough, tokens);
  }

  /**
   * The server refused a prompt as too long. Returns whether a shorter one is worth a try, which is so once a run, and what to say
   * when it is not.
   */
  overflowed(run: LiveRun, sent: Prompt, end: TurnEnd): { isWorthRetry: boolean; reason: string } {
    const { promptTokens, contextTokens, errorMessage = '', errorTold: said = errorMessage } = end;
    const reason = describeOverflow(sent, { promptTokens, contextTokens, said });
    const overflows = this.#overflows(run);
    this.#learnFromRefusal(sent, end);
    if (sent.kept === 0 || overflows > 0) return { isWorthRetry: false, reason };
    const { kept } = this.prepare(run, sent.model);
    const half = Math.floor(sent.kept / 2);
    run.keepAtMost = contextTokens !== undefined && kept < sent.kept ? kept : Math.min(kept, half);
    run.overflows = overflows + 1;
    return { isWorthRetry: true, reason };
  }

  /** A server that tells its context and refuses without numbers, or in mid-answer, may be full of the prompts of others. */
  #learnFromRefusal(sent: Prompt, { promptTokens, contextTokens, textLength, reasoningLength }: TurnEnd): void {
    this.counted(sent, promptTokens);
    const facts = this.#learned.sinceUp(sent);
    if (contextTokens !== undefined) facts.context = contextTokens;
    else if (textLength + reasoningLength === 0 && this.#told(sent) === undefined) {
      facts.refusedAt = Math.min(this.#learned.scale(sent) * sent.rough, facts.refusedAt ?? Number.POSITIVE_INFINITY);
    }
  }

  /** The context that the server tells; Ollama's is that of its first model. */
  #told({ backend, model }: ModelServer): number | undefined {
    const status = this.#bench.backends.status(backend);
    const isOther = status?.server === 'ollama' && plainName(status.models[0] ?? '') !== plainName(model);
    return isOther ? undefined : status?.contextTokens;
  }

  /** Prompts of this run that were refused as too long, by this or a previous supervisor. */
  #overflows(run: LiveRun): number {
    // Before the first turn there can be none, and most runs have one.
    if (run.turns < 1) return run.overflows ?? 0;
    run.overflows ??= this.#bench.store.events
      .page({ run: run.id }, 0, Number.MAX_SAFE_INTEGER)
      .filter(({ type, data }) => type === 'turn-cut' && isOverflow(data)).length;
    return run.overflows;
  }

  /** A call that was to go on with an answer failed; whether it may be because of that, and beginning anew may help. */
  continuationRefused(sent: Prompt, { errorCode = '', errorMessage = '' }: TurnEnd): boolean {
    const isRefusal =
      errorCode === 'backend_refused' || (errorCode === 'backend_failed' && isRoleRefusal(errorMessage));
    if (isRefusal) this.#learned.sinceUp(sent).isContinuationRefused = true;
    return isRefusal;
  }

  /** A model call failed; whether that was about the roles of its messages, and mapping them may help. */
  rolesRefused(sent: Prompt, { errorCode = '', errorMessage = '' }: TurnEnd): boolean {
    if (!['backend_refused', 'backend_failed'].includes(errorCode) || !isRoleRefusal(errorMessage)) return false;
    if (mapRoles(sent.messages, STRICTEST) === sent.messages) return false;
    this.#learned.sinceUp(sent).roles = STRICTEST;
    return true;
  }
}

/** What a caller sends is the caller's to shorten: it stands with what cannot be left out. */
function withEarlier(transcript: Transcript, earlier: readonly ModelMessage[]): Transcript {
  return earlier.length === 0 ? transcript : { ...transcript, current: [...earlier, ...transcript.current] };
}

function isOverflow(data: string): boolean {
  return (JSON.parse(data) as { reason: string }).reason.startsWith('context_overflow');
}
