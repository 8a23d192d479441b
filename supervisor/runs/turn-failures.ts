/** What becomes of a run whose model call failed: it is tried again, otherwise or elsewhere, or it fails. */
import { BACKEND_ERRORS, type BackendErrorCode } from '../../agent/backend/errors.ts';
import type { TurnEnd } from '../../agent/bus/messages.ts';
import type { Prompt } from '../context/prompt.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import type { Prompts } from './prompts.ts';
import type { RunEnding } from './run-ending.ts';
import type { Workbench } from './workbench.ts';

/** Failures that say the server is away; others may concern one request alone. */
const AWAY: ReadonlySet<string> = new Set<BackendErrorCode>(['backend_unreachable', 'backend_loading']);

export class TurnFailures {
  readonly #bench: Workbench;
  readonly #ending: RunEnding;
  readonly #prompts: Prompts;

  constructor(bench: Workbench, ending: RunEnding, prompts: Prompts) {
    this.#bench = bench;
    this.#ending = ending;
    this.#prompts = prompts;
  }

  /** `sent`: the prompt that the call was made with. */
  failed(run: LiveRun, turn: LiveTurn, end: TurnEnd, sent: Prompt): void {
    const { errorCode = 'agent_failed', errorMessage = '' } = end;
    const reason = `${errorCode}: ${errorMessage}`;
    if (errorCode === 'context_overflow') {
      const { isWorthRetry, reason: inWords } = this.#prompts.overflowed(run, sent, end);
      return this.#ending.backendFailed(run, inWords, isWorthRetry);
    }
    const isContinuation = turn.origin.text > 0;
    if (isContinuation && this.#prompts.continuationRefused(sent, end))
      return this.#ending.backendFailed(run, reason, true);
    if (this.#prompts.rolesRefused(sent, end)) return this.#ending.backendFailed(run, reason, true);
    const isRetryable = BACKEND_ERRORS[errorCode as BackendErrorCode]?.retryable ?? false;
    if (AWAY.has(errorCode)) this.#bench.backends.suspect(run.backend, reason);
    else if (isRetryable) this.#bench.backends.check(run.backend);
    this.#ending.backendFailed(run, reason, isRetryable);
  }
}
