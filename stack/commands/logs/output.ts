/** Where a command writes many lines to: it waits for a slow reader, and knows when there is none any more. */

export class Output {
  /** Resolves when nobody reads any more. */
  readonly gone: Promise<void>;
  #isGone = false;

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.gone = new Promise((resolve) => {
      const lost = (): void => {
        this.#isGone = true;
        resolve();
      };
      stream.once('error', lost).once('close', lost);
    });
    this.#stream = stream;
  }

  readonly #stream: NodeJS.WriteStream;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Resolves when it is out, or will never be. */
  async write(text: string): Promise<void> {
    if (this.#isGone || text === '') return;
    await new Promise<void>((resolve) => this.#stream.write(text, () => resolve()));
  }
}
