/** What becomes of a run whose model call failed: what a policy says (`onError`), else it is tried again, otherwise or elsewhere, or it fails. */

import { BACKEND_ERRORS, type BackendErrorCode } from '../../agent/backend/errors.ts';
import type { TurnEnd } from '../../agent/bus/messages.ts';
import type { ErrorToJudge } from '../../policy/policy.ts';
import type { Prompt } from '../context/prompt.ts';
import type { ErrorJudges } from './error-judges.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import type { Prompts } from './prompts.ts';
import { MOST_ATTEMPTS, type RunEnding } from './run-ending.ts';
import type { Workbench } from './workbench.ts';

/** Failures that say the server is away; others may concern one request alone. */
const AWAY: ReadonlySet<string> = new Set<BackendErrorCode>(['backend_unreachable', 'backend_loading']);

/** What policies are told; any other code is `backend`. */
const KINDS: Partial<Record<string, ErrorToJudge['kind']>> = {
  context_overflow: 'overflow',
  backend_timeout: 'timeout',
};

/** What becomes of a failure when nobody objects. */
interface Outlook {
  reason: string;
  retryable: boolean;
}

export class TurnFailures {
  readonly #bench: Workbench;
  readonly #ending: RunEnding;
  readonly #prompts: Prompts;
  readonly #judges: ErrorJudges;

  constructor(bench: Workbench, ending: RunEnding, prompts: Prompts, judges: ErrorJudges) {
    this.#bench = bench;
    this.#ending = ending;
    this.#prompts = prompts;
    this.#judges = judges;
  }

  /** `sent`: the prompt that the call was made with. */
  failed(run: LiveRun, turn: LiveTurn, end: TurnEnd, sent: Prompt): void {
    const { errorCode: code = 'agent_failed', errorMessage: message = '' } = end;
    const { reason, retryable } = this.#outlook(run, turn, end, sent);
    const willRetry = retryable && run.row.backendFailures + 1 < MOST_ATTEMPTS;
    if (this.#judges.object(run, turn, { kind: KINDS[code] ?? 'backend', code, message, willRetry })) return;
    this.#ending.backendFailed(run, reason, retryable);
  }

  #outlook(run: LiveRun, turn: LiveTurn, end: TurnEnd, sent: Prompt): Outlook {
    const { errorCode = 'agent_failed', errorMessage = '', errorTold = errorMessage } = end;
    const reason = `${errorCode}: ${errorTold}`;
    if (errorCode === 'context_overflow') {
      const { isWorthRetry, reason: inWords } = this.#prompts.overflowed(run, sent, end);
      run.isBound = true;
      return { reason: inWords, retryable: isWorthRetry };
    }
    const isRefused = turn.origin.text > 0 && this.#prompts.continuationRefused(sent, end);
    if (isRefused || this.#prompts.rolesRefused(sent, end)) {
      run.isBound = true;
      return { reason, retryable: true };
    }
    const retryable = BACKEND_ERRORS[errorCode as BackendErrorCode]?.retryable ?? false;
    if (AWAY.has(errorCode)) this.#bench.backends.suspect(run.backend, reason);
    else if (retryable) this.#bench.backends.check(run.backend);
    return { reason, retryable };
  }

  /** The agent with the turn is gone. `counted`: it died by itself, perhaps of this message; only then policies are asked. */
  agentLost(run: LiveRun, turn: LiveTurn, counted: boolean): void {
    turn.upstreamOpen = false;
    if (counted && run.phase === 'turn') {
      const willRetry = run.row.agentDeaths + 1 < MOST_ATTEMPTS;
      const message = `agent ${run.row.agent} was lost`;
      if (this.#judges.object(run, turn, { kind: 'crash', code: 'agent_died', message, willRetry })) return;
    }
    this.#ending.agentLost(run, turn, counted);
  }
}
