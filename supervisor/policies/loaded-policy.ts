/** A policy that was loaded, and how it is asked: the border between those who judge (gate, intake of messages) and the policies. */
import type { ErrorToJudge, MessageToJudge, Policy, TextToJudge, TurnToJudge, Verdict } from '../../policy/policy.ts';

/** A policy together with the version that was loaded: see policy-version.ts. */
export interface LoadedPolicy {
  name: string;
  version: string;
  policy: Policy;
}

/** What each hook is given. */
interface HookInputs {
  onMessage: MessageToJudge;
  onText: TextToJudge;
  onTurnEnd: TurnToJudge;
  onError: ErrorToJudge;
}

export type HookName = keyof HookInputs;

/**
 * Asks one hook of one policy and returns its checked verdicts; none means allowed, also where the policy has no such hook.
 * @throws PolicyFailure when the hook throws or returns what is no verdict
 */
export type Judge = <H extends HookName>(loaded: LoadedPolicy, hook: H, input: HookInputs[H]) => readonly Verdict[];
