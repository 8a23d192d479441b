/** Who takes part in a swarm and what one says: plain data, with the field names that leave the product. */

/** An agent as a swarm asks it. Names are unique in a swarm and hold no `/`. */
export interface AgentSpec {
  name: string;
  system_prompt: string;
  /** Tools are not supported: a list that is not empty is refused. */
  tools: readonly string[];
  /** Model calls for one answer at most; the runner's matter. */
  max_turns: number;
  metadata: Readonly<Record<string, unknown>>;
}

/** What came of asking one agent once. */
export interface AgentOutput {
  name: string;
  /** Empty when it failed. */
  answer: string;
  /** Model calls. */
  turns: number;
  tool_calls: number;
  duration_ms: number;
  /** Why it failed, for people; absent: it did not. */
  error?: string;
  /** How its run ended, in the runner's words. */
  outcome?: string;
  /** That the model read and wrote for it, as far as the runner knows. */
  tokens?: number;
}

/** What is left of a step once it has ended: enough to go on later without asking again. JSON. */
export interface StepRecord extends AgentOutput {
  /** What the agent wrote into the shared state, key and value, in its order; absent: nothing. */
  writes?: readonly (readonly [key: string, value: string])[];
}

const TURNS = 10;

/** An agent with the defaults of all that is not said. */
export function agentSpec(given: Pick<AgentSpec, 'name'> & Partial<AgentSpec>): AgentSpec {
  return { system_prompt: '', tools: [], max_turns: TURNS, metadata: {}, ...given };
}

/** An output counts in what follows when it has no error and a non-empty answer. */
export function succeeded(output: AgentOutput): boolean {
  return output.error === undefined && output.answer !== '';
}

/** The output of an agent that failed. */
export function failedOutput(name: string, error: string, durationMs: number): AgentOutput {
  return { name, answer: '', turns: 0, tool_calls: 0, duration_ms: durationMs, error };
}
