/** What waits for a person: the reason, what is withheld, and the buttons that decide. Texts go into text nodes, never into HTML. */
import type { ApprovalDecree, ApprovalView } from '../../supervisor/service.ts';
import { describeApproval, describeChoice, isApprovable } from './words.ts';

export interface ApprovalsListener {
  decide(id: number, decree: ApprovalDecree): Promise<void>;
  failed(error: unknown): void;
  /** What had the focus is gone. */
  left(): void;
}

export class ApprovalsView {
  readonly #place: HTMLElement;
  readonly #listener: ApprovalsListener;
  readonly #cards = new Map<number, HTMLElement>();

  constructor(place: HTMLElement, listener: ApprovalsListener) {
    this.#place = place;
    this.#listener = listener;
  }

  /** Shows these and no others; what somebody is writing into one that stays is kept. */
  draw(approvals: readonly ApprovalView[]): void {
    const ids = new Set(approvals.map(({ id }) => id));
    for (const [id, card] of this.#cards) {
      if (ids.has(id)) continue;
      const hadFocus = card.contains(document.activeElement);
      card.remove();
      this.#cards.delete(id);
      if (hadFocus) this.#listener.left();
    }
    for (const approval of approvals.filter(({ id }) => !this.#cards.has(id))) {
      const card = this.#card(approval);
      this.#cards.set(approval.id, card);
      this.#place.append(card);
    }
    this.#place.hidden = approvals.length === 0;
  }

  #card(approval: ApprovalView): HTMLElement {
    const { id, kind, shown, withheld, withheld_reasoning: reasoning, expires_at: expiresAt } = approval;
    const label = document.createElement('label');
    const draft = document.createElement('textarea');
    draft.rows = 3;
    draft.value = shown + withheld;
    draft.readOnly = true;
    label.append(kind === 'message' ? 'The message' : 'The answer', draft);
    const edit = button('Edit', () => {
      if (draft.readOnly) {
        draft.readOnly = false;
        edit.textContent = 'Use this text';
        draft.focus();
      } else this.#decide(id, { decision: 'edit', content: draft.value });
    });
    const approve = button(kind === 'error' ? 'Try again' : 'Approve', () => this.#decide(id, { decision: 'approve' }));
    approve.hidden = !isApprovable(approval);
    const refuse = button('Refuse', () => this.#decide(id, { decision: 'refuse' }));
    const buttons = document.createElement('div');
    buttons.className = 'buttons';
    buttons.append(approve, edit, refuse);
    const card = document.createElement('article');
    card.append(element('h2', describeApproval(approval)), label);
    if (shown !== '' && withheld !== '') card.append(element('p', `Readers have not seen: ${withheld}`));
    if (reasoning !== undefined) card.append(element('p', `Reasoning that readers have not seen: ${reasoning}`));
    if (expiresAt !== undefined) card.append(element('p', `Expires ${new Date(expiresAt).toLocaleString()}.`));
    card.append(buttons, element('p', describeChoice(approval)));
    return card;
  }

  #decide(id: number, decree: ApprovalDecree): void {
    this.#listener.decide(id, decree).catch((error: unknown) => this.#listener.failed(error));
  }
}

function button(name: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = name;
  made.addEventListener('click', onClick);
  return made;
}

function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
