/**
 * Draws a chat. Only what changed is touched; whatever a model or a person wrote goes into text nodes and is never read as HTML.
 */
import type { NoticeView } from '../../supervisor/service.ts';
import type { Answer, ChatView, Intervention, Item, RunLines } from './chat-view.ts';
import {
  describeAnswer,
  describeEnding,
  describeIntervention,
  describeLetters,
  describeReasoning,
  isAboutLetters,
} from './words.ts';

/** Pixels from the end within which the log keeps following new text. */
const FOLLOW_WITHIN = 80;

interface Drawn<T> {
  element: HTMLElement;
  update(next: T): void;
}

export class LogView {
  readonly #log: HTMLElement;
  #runs: { id: string; drawn: Drawn<RunLines> }[] = [];
  #agent = '';
  #following = true;

  constructor(log: HTMLElement) {
    this.#log = log;
    // Not every browser lets the keyboard scroll what cannot have the focus.
    log.tabIndex = 0;
  }

  /** The reader sees the end, or nearly. */
  get isAtEnd(): boolean {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < FOLLOW_WITHIN;
  }

  /** Goes to the end with the next drawing: the reader has written something, or the room has become less. */
  follow(): void {
    this.#following = true;
  }

  /** Shows this chat of this agent; stays where the reader is, unless they are at the end. */
  draw(view: ChatView, agent: string): void {
    const follow = this.#following || this.isAtEnd;
    this.#following = false;
    if (agent !== this.#agent || !this.#continues(view)) this.#clear(agent);
    for (const [index, run] of view.runs.entries()) this.#drawn(run, index).update(run);
    this.#log.dataset.empty = String(view.runs.length === 0);
    if (follow) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #continues(view: ChatView): boolean {
    return this.#runs.every(({ id }, index) => view.runs[index]?.run === id);
  }

  #clear(agent: string): void {
    this.#agent = agent;
    this.#runs = [];
    this.#log.replaceChildren();
  }

  #drawn(run: RunLines, index: number): Drawn<RunLines> {
    const known = this.#runs[index];
    if (known !== undefined) return known.drawn;
    const drawn = drawRun(this.#agent);
    this.#runs.push({ id: run.run, drawn });
    this.#log.append(drawn.element);
    return drawn;
  }
}

function drawRun(agent: string): Drawn<RunLines> {
  const question = text();
  const notices = element('div', 'notices');
  const items = element('div', 'items');
  const letters = element('p', 'notice');
  const unsent = element('div', 'notices');
  const ending = element('p', 'ending');
  const who = element('h2', 'who');
  const user = element('div', 'line user', who, element('div', 'text', question));
  let drawn: { item: Item; part: Drawn<Item> }[] = [];
  let last: RunLines | undefined;

  const updateItem = (item: Item, index: number): void => {
    const known = drawn[index];
    if (known?.item === item) return;
    const part = known ? known.part : drawItem(item, agent);
    if (known === undefined) items.append(part.element);
    part.update(item);
    drawn[index] = { item, part };
  };
  return {
    element: element('section', 'run', user, notices, items, letters, unsent, ending),
    update: (run) => {
      if (run === last) return;
      last = run;
      who.textContent = run.from ?? 'You';
      setText(question, run.question);
      drawNotices(
        notices,
        run.notices.filter((notice) => !isAboutLetters(notice)),
      );
      drawNotices(unsent, run.notices.filter(isAboutLetters));
      if (!drawn.every(({ item }, index) => sameLine(item, run.items[index]))) {
        drawn = [];
        items.replaceChildren();
      }
      run.items.forEach(updateItem);
      tell(letters, describeLetters(run));
      tell(ending, describeEnding(run));
    },
  };
}

/** A line that is there only when there is something to say. */
function tell(line: HTMLElement, said: string): void {
  line.textContent = said;
  line.hidden = said === '';
}

/** They are only ever added. */
function drawNotices(list: HTMLElement, notices: readonly NoticeView[]): void {
  for (const { text: said } of notices.slice(list.childElementCount)) list.append(element('p', 'notice', said));
}

function sameLine(a: Item, b: Item | undefined): boolean {
  return a.kind === b?.kind && a.turn === b.turn;
}

function drawItem(item: Item, agent: string): Drawn<Item> {
  const drawn = item.kind === 'answer' ? drawAnswer(agent) : drawIntervention();
  return drawn as Drawn<Item>;
}

function drawAnswer(agent: string): Drawn<Answer> {
  const shown = text();
  const thoughts = text();
  const badge = element('span', 'badge');
  const label = element('summary', '');
  const reasoning = element('details', 'reasoning', label, element('div', 'text', thoughts));
  const body = element('div', 'text', shown);
  const line = element('article', 'line answer', element('h2', 'who', agent, ' ', badge), reasoning, body);
  return {
    element: line,
    update: (answer) => {
      setText(shown, answer.text);
      setText(thoughts, answer.reasoning);
      reasoning.hidden = answer.reasoning === '';
      label.textContent = describeReasoning(answer);
      body.hidden = answer.text === '' && answer.state !== 'streaming';
      badge.textContent = describeAnswer(answer);
      badge.hidden = badge.textContent === '';
      line.dataset.state = answer.state;
      line.setAttribute('aria-busy', String(answer.state === 'streaming'));
    },
  };
}

function drawIntervention(): Drawn<Intervention> {
  const who = element('h2', 'who');
  const why = text();
  return {
    element: element('aside', 'line intervention', who, element('div', 'text', why)),
    update: (intervention) => {
      who.textContent = describeIntervention(intervention);
      setText(why, intervention.reason);
    },
  };
}

function element(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

function text(): Text {
  return document.createTextNode('');
}

/** Appending keeps what the reader has selected. */
function setText(node: Text, next: string): void {
  if (next === node.data) return;
  if (next.startsWith(node.data)) node.appendData(next.slice(node.data.length));
  else node.data = next;
}
