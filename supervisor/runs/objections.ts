/** Carries out what a policy or a person decided about a turn: nothing more of it is shown, and what follows is recorded with it. */
import type { Channel } from '../../policy/policy.ts';
import type { ClosingVerdict } from '../gate/ruling.ts';
import { reasonOf } from '../policies/verdict.ts';
import type { Approvals } from './approvals.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import type { RunEnding } from './run-ending.ts';
import type { Workbench } from './workbench.ts';

/** Interventions of policies in one run; the next one ends it. */
const MOST_INTERVENTIONS = 3;

/** Stands for a person where a policy would be named. */
export const PERSON = 'person';

/** Who objected to a turn, and what is to be done. */
export interface TurnObjection {
  /** Name of the policy, or `person`. */
  policy: string;
  version: string;
  verdict: ClosingVerdict;
  /** Default: text. */
  channel?: Channel;
  /** First character withheld, in what the model wrote. Absent of a person: the gate says. */
  from?: number;
  /** When the delta came, as `performance.now` counts; absent of a person. */
  arrivedAt?: number;
}

export class Objections {
  readonly #bench: Workbench;
  readonly #ending: RunEnding;
  readonly #approvals: Approvals;
  readonly #next: (run: LiveRun) => void;

  /** `next`: starts the next turn of a run whose connection to the model is closed. */
  constructor(bench: Workbench, ending: RunEnding, approvals: Approvals, next: (run: LiveRun) => void) {
    this.#bench = bench;
    this.#ending = ending;
    this.#approvals = approvals;
    this.#next = next;
  }

  /** The gate of the turn is closed, or the turn has failed (`kind: 'error'`). `withheld`: what was read and is not shown. */
  carryOut(
    run: LiveRun,
    turn: LiveTurn,
    objection: TurnObjection,
    withheld: string,
    kind: 'answer' | 'error' = 'answer',
  ): void {
    const { policy, version, verdict, channel = 'text' } = objection;
    const { ledger } = this.#bench;
    const { action } = verdict;
    const reason = reasonOf(verdict);
    const place = {
      ...{
        offset: turn.shown[channel].length,
        rawOffset: turn.origin[channel] + turn.received[channel],
        withheld,
        channel,
      },
      rawFrom: objection.from ?? turn.gates[channel].releasedLength,
      latencyMs: objection.arrivedAt === undefined ? undefined : performance.now() - objection.arrivedAt,
      hook: kind === 'error' ? ('onError' as const) : undefined,
    };
    const id = ledger.intervened(run, turn.number, { policy, version, action, reason, ...place });
    if (action === 'pause') return this.#approvals.pause(run, { policy, reason, intervention: id, turn, kind });
    if (action === 'terminate') return this.#ending.terminate(run, `${policy}: ${reason}`);
    if (action !== 'interject') {
      return this.#ending.end(run, action === 'cut' ? 'stopped' : 'blocked', `${policy}: ${reason}`);
    }
    if (policy !== PERSON && ++run.interventions > MOST_INTERVENTIONS) {
      return this.#ending.end(run, 'failed', 'intervention_limit');
    }
    ledger.turnCut(run, turn, 'cut', policy);
    ledger.corrected(run, turn.number, reason, id);
    if (run.phase === 'reviewing') return this.#queue(run);
    run.phase = 'between';
    if (!turn.upstreamOpen) this.#next(run);
  }

  /** Its slot may have been given to somebody else. */
  #queue(run: LiveRun): void {
    this.#bench.runs.addFirst(run);
    this.#bench.dispatch();
  }

  /** A person corrects while no turn is going on. */
  correctBetweenTurns(run: LiveRun, text: string): void {
    const { ledger } = this.#bench;
    const number = run.turns;
    const place = { offset: 0, rawOffset: 0, withheld: '' };
    const by = { policy: PERSON, version: '', action: 'interject', reason: text } as const;
    ledger.corrected(run, number, text, ledger.intervened(run, number, { ...by, ...place }));
  }
}
