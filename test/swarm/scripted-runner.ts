/** Agents that answer as a script says, and what they were asked. */
import { type AgentOutput, type AgentSpec, agentSpec } from '../../swarm/agents.ts';
import type { AgentRunner, StepContext } from '../../swarm/runner.ts';
import type { StepEvent } from '../../swarm/steps.ts';

export interface Call {
  step: string;
  spec: AgentSpec;
  task: string;
}

/** An answer, parts of an output, or an error that is thrown. */
type Said = string | Partial<AgentOutput> | Error;
type Script = (call: Call, context: StepContext) => Said | Promise<Said>;

export class ScriptedRunner implements AgentRunner {
  /** In the order in which they came. */
  readonly calls: Call[] = [];
  /** Calls that run at the same time, at most. */
  most = 0;
  #running = 0;
  readonly #script: Script;

  constructor(script: Script | Record<string, Said>) {
    this.#script = typeof script === 'function' ? script : ({ step }) => script[step] ?? `answer of ${step}`;
  }

  async run(spec: AgentSpec, task: string, context: StepContext): Promise<AgentOutput> {
    const call = { step: context.step, spec, task };
    this.calls.push(call);
    this.most = Math.max(this.most, ++this.#running);
    try {
      const said = await this.#script(call, context);
      if (said instanceof Error) throw said;
      const given = typeof said === 'string' ? { answer: said } : said;
      return { name: spec.name, answer: '', turns: 1, tool_calls: 0, duration_ms: 7, ...given };
    } finally {
      this.#running--;
    }
  }

  /** What a step was asked. */
  task(step: string): string | undefined {
    return this.calls.find((call) => call.step === step)?.task;
  }

  get steps(): string[] {
    return this.calls.map(({ step }) => step);
  }
}

export function specs(...names: string[]): AgentSpec[] {
  return names.map((name) => agentSpec({ name, system_prompt: `You are ${name}.` }));
}

/** The one agent that has no part in the work. */
export function spec(name: string): AgentSpec {
  return agentSpec({ name });
}

/** Notes what it is told. */
export function listener(): { events: StepEvent[]; onStep: (event: StepEvent) => void } {
  const events: StepEvent[] = [];
  return { events, onStep: (event) => void events.push(event) };
}

/** Somebody waits for what somebody else does. */
export interface Gate {
  opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
