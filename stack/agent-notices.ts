/** Tells the supervisor which agent processes live: each start and end as it happens, and all of it again after it was restarted. */
import type { FromInit } from './control.ts';
import type { ChildEnd, KeptChild } from './kept-child.ts';

export class AgentNotices {
  readonly #agents: () => readonly KeptChild[];
  readonly #tell: (notice: FromInit) => void;

  /** `tell` does nothing while the supervisor is not ready. */
  constructor(agents: () => readonly KeptChild[], tell: (notice: FromInit) => void) {
    this.#agents = agents;
    this.#tell = tell;
  }

  started(agent: KeptChild): void {
    const incarnation = agent.life?.incarnation;
    if (incarnation === undefined) return;
    this.#tell({ type: 'agent-started', agent: agent.specification.id, incarnation, restarts: agent.restarts });
  }

  ended(agent: KeptChild, { incarnation, reason, restartMs, expected }: ChildEnd): void {
    const restarting = restartMs !== undefined;
    this.#tell({ type: 'agent-exited', agent: agent.specification.id, incarnation, reason, restarting, expected });
  }

  /** For a supervisor that has just become ready. */
  repeatAll(): void {
    for (const agent of this.#agents()) {
      if (agent.lastEnd === undefined) this.started(agent);
      else this.ended(agent, agent.lastEnd);
    }
  }
}
