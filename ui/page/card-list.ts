/**
 * A list of cards, folded away: a line each, and what is in one when it is opened. What is folded away is not asked for. Texts go into
 * text nodes, never into HTML.
 */

/** `Summary`: an entry of the list. `View`: all of it. */
export interface CardSource<Summary, View> {
  /** The newest first. */
  list(): Promise<Summary[]>;
  view(id: string): Promise<View>;
  failed(error: unknown): void;
}

/** What is shown of the entries. */
export interface CardWords<Summary, View> {
  /** The line over all of them. */
  heading(all: readonly Summary[]): string;
  id(summary: Summary): string;
  line(summary: Summary): string;
  state(summary: Summary): string;
  contents(view: View): HTMLElement[];
}

interface Card {
  element: HTMLDetailsElement;
  title: HTMLElement;
  body: HTMLElement;
  /** What is shown of it is not what it is any more. */
  isStale: boolean;
  isLoading: boolean;
}

export class CardList<Summary, View> {
  readonly #place: HTMLDetailsElement;
  readonly #source: CardSource<Summary, View>;
  readonly #words: CardWords<Summary, View>;
  readonly #title = document.createElement('summary');
  readonly #list = document.createElement('div');
  readonly #cards = new Map<string, Card>();
  #loading: Promise<void> | undefined;
  #isStale = false;

  constructor(place: HTMLDetailsElement, source: CardSource<Summary, View>, words: CardWords<Summary, View>) {
    this.#place = place;
    this.#source = source;
    this.#words = words;
    place.append(this.#title, this.#list);
  }

  /** Asks for the list anew; what is open stays open. One question at a time, and none is lost. */
  load(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#loadStale().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Something happened in one of them. */
  changed(id: string): void {
    const card = this.#cards.get(id);
    if (card === undefined) return;
    card.isStale = true;
    this.#fill(id, card);
  }

  async #loadStale(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const all = await this.#source.list();
      this.#place.hidden = all.length === 0;
      this.#title.textContent = this.#words.heading(all);
      this.#arrange(all.map((summary) => this.#card(summary).element));
    }
  }

  /** Those that stay are not touched: one of them may have the focus. */
  #arrange(elements: readonly HTMLElement[]): void {
    for (const [place, element] of elements.entries()) {
      const now = this.#list.children[place] ?? null;
      if (now !== element) this.#list.insertBefore(element, now);
    }
    while (this.#list.children.length > elements.length) this.#list.lastElementChild?.remove();
  }

  #card(summary: Summary): Card {
    const id = this.#words.id(summary);
    const card = this.#cards.get(id) ?? this.#newCard(id);
    card.title.textContent = this.#words.line(summary);
    card.element.dataset.state = this.#words.state(summary);
    return card;
  }

  #newCard(id: string): Card {
    const element = document.createElement('details');
    const title = document.createElement('summary');
    const body = document.createElement('div');
    element.append(title, body);
    const card = { element, title, body, isStale: true, isLoading: false };
    element.addEventListener('toggle', () => this.#fill(id, card));
    this.#cards.set(id, card);
    return card;
  }

  /** One question at a time, however much happens meanwhile. */
  #fill(id: string, card: Card): void {
    if (!card.element.open || !card.isStale || card.isLoading) return;
    card.isStale = false;
    card.isLoading = true;
    this.#source
      .view(id)
      .then((view) => card.body.replaceChildren(...this.#words.contents(view)))
      .catch((error: unknown) => this.#source.failed(error))
      .finally(() => {
        card.isLoading = false;
        this.#fill(id, card);
      });
  }
}

/** A part of a card: who or what, and a text. */
export function part(head: string, text: string): HTMLElement {
  const who = document.createElement('h3');
  who.className = 'who';
  who.textContent = head;
  const body = document.createElement('div');
  body.className = 'text';
  body.textContent = text;
  const made = document.createElement('article');
  made.className = 'line';
  made.append(who, body);
  return made;
}
