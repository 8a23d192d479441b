/** The swarms: who ran when, and what each answered. What is folded away is not asked for. Texts go into text nodes, never into HTML. */
import type { SwarmStepView, SwarmSummary, SwarmView } from '../../supervisor/service.ts';
import { describeStep, describeSwarm, describeSwarms } from './words.ts';

export interface SwarmsSource {
  /** The newest swarms, newest first. */
  list(): Promise<SwarmSummary[]>;
  swarm(id: string): Promise<SwarmView>;
  failed(error: unknown): void;
}

interface Card {
  element: HTMLDetailsElement;
  title: HTMLElement;
  body: HTMLElement;
  /** What is shown of it is not what it is any more. */
  isStale: boolean;
  isLoading: boolean;
}

export class SwarmsView {
  readonly #place: HTMLDetailsElement;
  readonly #source: SwarmsSource;
  readonly #title = document.createElement('summary');
  readonly #list = document.createElement('div');
  readonly #cards = new Map<string, Card>();

  constructor(place: HTMLDetailsElement, source: SwarmsSource) {
    this.#place = place;
    this.#source = source;
    place.append(this.#title, this.#list);
  }

  /** Asks for the list anew; what is open stays open. */
  async load(): Promise<void> {
    const swarms = await this.#source.list();
    this.#place.hidden = swarms.length === 0;
    this.#title.textContent = describeSwarms(swarms);
    this.#arrange(swarms.map((swarm) => this.#card(swarm).element));
  }

  /** Those that stay are not touched: one of them may have the focus. */
  #arrange(elements: readonly HTMLElement[]): void {
    for (const [place, element] of elements.entries()) {
      const now = this.#list.children[place] ?? null;
      if (now !== element) this.#list.insertBefore(element, now);
    }
    while (this.#list.children.length > elements.length) this.#list.lastElementChild?.remove();
  }

  /** Something happened in a swarm. */
  changed(swarm: string): void {
    const card = this.#cards.get(swarm);
    if (card === undefined) return;
    card.isStale = true;
    this.#fill(swarm, card);
  }

  #card(swarm: SwarmSummary): Card {
    const known = this.#cards.get(swarm.swarm) ?? this.#newCard(swarm.swarm);
    known.title.textContent = describeSwarm(swarm);
    known.element.dataset.state = swarm.state;
    return known;
  }

  #newCard(swarm: string): Card {
    const element = document.createElement('details');
    const title = document.createElement('summary');
    const body = document.createElement('div');
    element.append(title, body);
    const card = { element, title, body, isStale: true, isLoading: false };
    element.addEventListener('toggle', () => this.#fill(swarm, card));
    this.#cards.set(swarm, card);
    return card;
  }

  /** One question at a time, however much happens meanwhile. */
  #fill(swarm: string, card: Card): void {
    if (!card.element.open || !card.isStale || card.isLoading) return;
    card.isStale = false;
    card.isLoading = true;
    this.#source
      .swarm(swarm)
      .then((view) => card.body.replaceChildren(...contents(view)))
      .catch((error: unknown) => this.#source.failed(error))
      .finally(() => {
        card.isLoading = false;
        this.#fill(swarm, card);
      });
  }
}

function contents({ task, steps, result, error, state }: SwarmView): HTMLElement[] {
  const end = error === undefined ? result?.final_summary : error.message;
  return [
    part('Task', task),
    ...steps.map(stepPart),
    ...(end === undefined ? [] : [part(state === 'failed' ? 'Failed' : 'Result', end)]),
  ];
}

function stepPart(step: SwarmStepView): HTMLElement {
  const made = part(describeStep(step), step.error ?? step.answer ?? '');
  made.dataset.failed = String(step.error !== undefined);
  return made;
}

function part(head: string, text: string): HTMLElement {
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
