/**
 * The signals that end a stack: SIGTERM, SIGINT (Ctrl-C) and SIGHUP. The first one asks for an orderly end. What comes within half a
 * second is the same wish arriving again (a terminal and the wrappers around this process all pass it on); what comes later is impatience.
 */

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const SAME_WISH_MS = 500;

export type EndingSignal = (typeof SIGNALS)[number];

export class EndingSignals {
  /** The first signal. */
  readonly first: Promise<EndingSignal>;
  /** Resolves when somebody does not want to wait any longer. */
  readonly impatience: Promise<void>;
  #received: { signal: EndingSignal; at: number } | undefined;
  #onFirst: (signal: EndingSignal) => void = () => {};
  #onImpatience: () => void = () => {};

  /** Listens from now on. */
  constructor() {
    this.first = new Promise((resolve) => {
      this.#onFirst = resolve;
    });
    this.impatience = new Promise((resolve) => {
      this.#onImpatience = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** The first signal, when it has come. */
  get received(): EndingSignal | undefined {
    return this.#received?.signal;
  }

  /** From now on signals do what they do by default. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }

  readonly #listener = (signal: EndingSignal): void => {
    if (this.#received === undefined) {
      this.#received = { signal, at: performance.now() };
      this.#onFirst(signal);
    } else if (performance.now() - this.#received.at > SAME_WISH_MS) this.#onImpatience();
  };
}
