/** Where a message is written. A draft stays until the server has it; sending it again after a failure is the same message to the server. */

export interface ComposerActions {
  send(content: string, key: string): Promise<void>;
  correct(content: string): Promise<void>;
  stop(): Promise<void>;
  /** Tells the person what went wrong. */
  failed(error: unknown): void;
}

export class Composer {
  readonly #form = find('composer', HTMLFormElement);
  readonly #draft = find('draft', HTMLTextAreaElement);
  readonly #stop = find('stop', HTMLButtonElement);
  readonly #correct = find('correct', HTMLButtonElement);
  readonly #actions: ComposerActions;
  #key = newKey();
  #busy = false;

  constructor(actions: ComposerActions) {
    this.#actions = actions;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#act((content) => actions.send(content, this.#key));
    });
    this.#correct.addEventListener('click', () => this.#act((content) => actions.correct(content)));
    this.#stop.addEventListener('click', () => this.#stopNow());
    this.#draft.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.#stop.hidden) this.#stopNow();
    });
  }

  /** While a run is open it can be stopped; one that waits for a person cannot be corrected. */
  setRunning(isRunning: boolean, isCorrectable: boolean): void {
    const focused = [this.#stop, this.#correct].find((button) => document.activeElement === button);
    this.#stop.hidden = !isRunning;
    this.#correct.hidden = !isRunning || !isCorrectable;
    if (focused?.hidden) this.focus();
  }

  set hidden(hidden: boolean) {
    this.#form.hidden = hidden;
  }

  focus(): void {
    this.#draft.focus();
  }

  #stopNow(): void {
    this.#actions.stop().catch((error: unknown) => this.#actions.failed(error));
  }

  async #act(action: (content: string) => Promise<void>): Promise<void> {
    const content = this.#draft.value;
    if (content.trim() === '' || this.#busy) return;
    this.#busy = true;
    try {
      await action(content);
      this.#key = newKey();
      if (this.#draft.value === content) this.#draft.value = '';
    } catch (error) {
      this.#actions.failed(error);
    }
    this.#busy = false;
  }
}

/** The element with this id. @throws Error when the page has none of this kind */
export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
  return found;
}

/** `crypto.randomUUID` is missing where the page is not served over TLS or from localhost. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
