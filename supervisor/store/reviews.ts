/** What reviews of answers came to, and what they cost. */
import type { Verdict } from '../../policy/policy.ts';
import type { Database } from './database.ts';

/** `late`: it did not decide in time. `left`: the run was ended meanwhile. */
export type ReviewOutcome = Verdict['action'] | 'passed' | 'failed' | 'late' | 'left';

export interface NewReview {
  run: number;
  turn: number;
  policy: string;
  version: string;
  outcome: ReviewOutcome;
  ms: number;
  promptTokens: number;
  completionTokens: number;
  now: number;
}

/** Of one policy, over all its versions: all reviews that are kept. */
export interface ReviewCost {
  calls: number;
  ms: number;
  promptTokens: number;
  completionTokens: number;
}

export type ReviewStore = ReturnType<typeof reviewStore>;

export function reviewStore(database: Database) {
  const insert = database.prepare(
    `insert into review (run, turn, policy, version, outcome, ms, prompt_tokens, completion_tokens, ts)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const sums = database.prepare<[], ReviewCost & { policy: string }>(
    `select policy, count(*) as calls, sum(ms) as ms, sum(prompt_tokens) as promptTokens,
      sum(completion_tokens) as completionTokens from review group by policy`,
  );
  // The page asks every few seconds: read once, and again when it was left behind by a rollback or a write.
  let known: Map<string, ReviewCost> | undefined;
  return {
    add(row: NewReview): void {
      const { run, turn, policy, version, outcome, ms, promptTokens, completionTokens, now } = row;
      known = undefined;
      insert.run(run, turn, policy, version, outcome, ms, promptTokens, completionTokens, now);
    },
    /** By policy. */
    costs(): ReadonlyMap<string, ReviewCost> {
      known ??= new Map(sums.all().map(({ policy, ...cost }) => [policy, cost]));
      return known;
    },
  };
}
