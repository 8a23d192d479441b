/**
 * Takes the letters of an answer to the inboxes of their recipients, as messages like any other: recorded in the transaction that settles the
 * answer, so that none is lost or sent twice whatever is killed; judged by the recipient's policies. What readers were not shown
 * is not read. What is not sent is said (`notice`) and never fails the answer.
 */
import type { EventData } from '../events.ts';
import { Inbox } from '../runs/inbox.ts';
import type { LiveRun } from '../runs/live-run.ts';
import type { Workbench } from '../runs/workbench.ts';
import { contactsOfRun } from './contacts.ts';
import { type Letter, readLetters } from './letters.ts';
import { describeFullInbox, describeHopLimit, describeLetterLimit, describeStrangers } from './words.ts';

type NoticeCode = EventData<'notice'>['code'];

export class Postman {
  readonly #bench: Workbench;
  readonly #inbox: Inbox;

  constructor(bench: Workbench) {
    this.#bench = bench;
    this.#inbox = new Inbox(bench);
  }

  /**
   * Sends what the final answer of a run says to others. To be called in the tick in which the answer is recorded, before the run's end
   * is; dispatches nothing. @throws InterjectError storage_failed
   */
  deliver(run: LiveRun, answer: string): void {
    const contacts = contactsOfRun(run, this.#bench.agents.keys());
    if (contacts.length === 0) return;
    const { letters, strangers } = readLetters(answer, contacts);
    if (strangers.length > 0) {
      this.#notice(run, 'letter_no_contact', describeStrangers(run.agent.name, strangers, contacts));
    }
    if (letters.length > 0) this.#sendAll(run, letters);
  }

  #sendAll(run: LiveRun, letters: readonly Letter[]): void {
    const { hops, letters: most } = this.#bench.mailbox;
    if (run.row.hops >= hops) return this.#notice(run, 'letter_hop_limit', describeHopLimit(namesOf(letters), hops));
    const room = this.#room(run);
    const [within, beyond] = [letters.slice(0, room), letters.slice(room)];
    if (beyond.length > 0) this.#notice(run, 'letter_limit', describeLetterLimit(namesOf(beyond), most));
    const undelivered = within.filter((letter) => !this.#send(run, letter));
    if (undelivered.length > 0) this.#notice(run, 'letter_inbox_full', describeFullInbox(namesOf(undelivered)));
  }

  /** Letters that the message may still bring about with which all this began. */
  #room({ row }: LiveRun): number {
    const { recorder, store, mailbox } = this.#bench;
    return Math.max(0, mailbox.letters - recorder.write(() => store.letters.count(row.thread ?? row.number)));
  }

  /** The chat has the sender's name for it: what is answered to the sender comes back to where this began. False: no room. */
  #send(run: LiveRun, { to, content }: Letter): boolean {
    const { agents, ledger } = this.#bench;
    const recipient = agents.get(to);
    if (recipient === undefined || this.#inbox.isFull(to)) return false;
    const { agent, chat, id, hops, thread, number } = run.row;
    const letter = { from: agent, fromRun: id, hops: hops + 1, thread: thread ?? number };
    const opened = this.#inbox.put({ agent: to, chat, key: undefined, content, origin: 'agent', letter }, recipient);
    ledger.letterSent(run, to, opened.id);
    return true;
  }

  #notice(run: LiveRun, code: NoticeCode, text: string): void {
    this.#bench.ledger.noticed(run, { code, text });
  }
}

function namesOf(letters: readonly Letter[]): string[] {
  return letters.map(({ to }) => to);
}
