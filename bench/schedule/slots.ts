/**
 * Slots of model servers, where a benchmark shares them with others. An agent calls only while it has one, and waits for one before the
 * common release moment of a measurement. Where it has to wait in the middle of one, that time is known and is no part of what was measured.
 */

/** How it went to get a slot. */
export interface SlotWait {
  /** Milliseconds; exactly 0 where the agent has kept its slot. */
  waitedMs: number;
  /** Why there is none, for people; undefined: it has one. */
  refused: string | undefined;
}

export interface Slots {
  /** Resolves when all of these agents have a slot at once, or cannot have one. Never rejects. */
  take(agents: readonly string[]): Promise<void>;
  /** Before each call. Never rejects. */
  begin(agent: string): Promise<SlotWait>;
  /** After each call that `begin` let pass: whether others were at work on the same server, or the same GPU, while it was made. */
  end(agent: string): boolean;
  /** The agent makes no further call for now. */
  giveBack(agent: string): void;
}

/** Of servers that a benchmark has to itself. */
export const OWN_SERVERS: Slots = {
  take: async () => {},
  begin: async () => ({ waitedMs: 0, refused: undefined }),
  end: () => false,
  giveBack() {},
};
