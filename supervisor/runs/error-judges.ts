/** Asks the policies what is to be done about a turn that failed (`onError`), and has it done. Our own failures are not asked about. */
import type { ErrorToJudge } from '../../policy/policy.ts';
import { type ClosingVerdict, SEVERITY } from '../gate/ruling.ts';
import { PolicyFailure } from '../policies/verdict.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import type { Objections, TurnObjection } from './objections.ts';
import type { RunEnding } from './run-ending.ts';
import type { Workbench } from './workbench.ts';

type TurnError = Pick<ErrorToJudge, 'kind' | 'code' | 'message' | 'willRetry'>;

export class ErrorJudges {
  readonly #bench: Workbench;
  readonly #ending: RunEnding;
  readonly #objections: Objections;

  constructor(bench: Workbench, ending: RunEnding, objections: Objections) {
    this.#bench = bench;
    this.#ending = ending;
    this.#objections = objections;
  }

  /** The turn has failed and its connection to the model is closed. Returns whether somebody decided; then it is done. */
  object(run: LiveRun, turn: LiveTurn, error: TurnError): boolean {
    try {
      const objection = this.#foremost(run, turn, error);
      if (objection === undefined) return false;
      this.#objections.carryOut(run, turn, objection, '', 'error');
    } catch (failure) {
      if (!(failure instanceof PolicyFailure)) throw failure;
      this.#ending.end(run, 'failed', failure.told);
    }
    return true;
  }

  /** Everybody is asked; the severest verdict counts, of equal ones the first. @throws PolicyFailure */
  #foremost(run: LiveRun, turn: LiveTurn, error: TurnError): TurnObjection | undefined {
    const { policies } = this.#bench;
    const judge = policies.judgeOf(run.number);
    let foremost: TurnObjection | undefined;
    for (const loaded of policies.of(run.row.agent).filter(({ policy }) => policy.onError !== undefined)) {
      for (const verdict of judge(loaded, 'onError', { ...run.scope, turn: turn.number, ...error })) {
        if (verdict.action === 'redact') throw new PolicyFailure(loaded, 'onError', 'there is no text to redact');
        const { name: policy, version } = loaded;
        if (isSeverer(verdict, foremost?.verdict)) foremost = { policy, version, verdict };
      }
    }
    return foremost;
  }
}

function isSeverer(verdict: ClosingVerdict, than: ClosingVerdict | undefined): boolean {
  return than === undefined || SEVERITY[verdict.action] > SEVERITY[than.action];
}
