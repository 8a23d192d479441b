/**
 * Counts what is repeated at the end of a stream: phrases of so many words, and lines. It reads every character once, so the cost of a delta
 * does not grow with the text or with the window; what it says is what a look at the whole window would find.
 *
 * A word or a line counts when it stands in the window whole and something follows it. Occurrences of a phrase do not overlap.
 */

export interface RepeatLimits {
  /** Words of a phrase. */
  words: number;
  /** So often the same phrase is too often. */
  repeats: number;
  /** So often the same line is too often. */
  lines: number;
  /** Characters of the shortest line that counts. */
  shortestLine: number;
}

/** Where something occurs in the text; a phrase also by the number of its first word. */
interface Occurrence {
  key: string;
  from: number;
  word: number;
}

/** Things that occur in the window. `enough`: where the first of the latest occurrences stands that are too many. */
class Occurrences {
  readonly #queue: Occurrence[] = [];
  readonly #byKey = new Map<string, Occurrence[]>();
  readonly #tooOften: number;
  /** Words from one occurrence to the next that does not overlap it; 0: nothing overlaps. */
  readonly #apart: number;
  #enough = -1;

  constructor(tooOften: number, apart: number) {
    this.#tooOften = tooOften;
    this.#apart = apart;
  }

  isEnough(windowStart: number): boolean {
    return this.#enough >= windowStart;
  }

  add(occurrence: Occurrence): void {
    const same = this.#byKey.get(occurrence.key) ?? [];
    if (same.length === 0) this.#byKey.set(occurrence.key, same);
    same.push(occurrence);
    this.#queue.push(occurrence);
    if (same.length >= this.#tooOften) this.#enough = Math.max(this.#enough, this.#firstOfLatest(same));
  }

  forget(windowStart: number): void {
    while ((this.#queue[0]?.from ?? windowStart) < windowStart) {
      const { key } = this.#queue.shift() as Occurrence;
      const same = this.#byKey.get(key);
      same?.shift();
      if (same?.length === 0) this.#byKey.delete(key);
    }
  }

  /** Counted from the last one back, as many as are too many; -1 when there are fewer that do not overlap. */
  #firstOfLatest(same: readonly Occurrence[]): number {
    let count = 0;
    let next = Number.POSITIVE_INFINITY;
    for (let index = same.length - 1; index >= 0; index--) {
      const { word, from } = same[index] as Occurrence;
      if (word + this.#apart > next) continue;
      if (++count === this.#tooOften) return from;
      next = word;
    }
    return -1;
  }
}

const SPACE = /\s/;
const LETTER = /[\p{L}\p{N}]/u;

export class Repetitions {
  readonly #limits: RepeatLimits;
  readonly #phrases: Occurrences;
  readonly #lines: Occurrences;
  /** Characters read, and before the text that was read. */
  #length: number;
  #word = '';
  #wordFrom = 0;
  /** The last words, fewer than a phrase has. */
  readonly #words: { text: string; from: number }[] = [];
  #count = 0;
  #line = '';
  #lineFrom = 0;

  /** `length`: characters of the text before what will be read. */
  constructor(limits: RepeatLimits, length: number) {
    this.#limits = limits;
    this.#phrases = new Occurrences(limits.repeats, limits.words);
    this.#lines = new Occurrences(limits.lines, 0);
    this.#length = length;
  }

  /** What is repeated in the window, which begins at `windowStart` of the text. */
  found(windowStart: number): 'line' | 'phrase' | undefined {
    this.#phrases.forget(windowStart);
    this.#lines.forget(windowStart);
    if (this.#lines.isEnough(windowStart)) return 'line';
    return this.#phrases.isEnough(windowStart) ? 'phrase' : undefined;
  }

  read(added: string): void {
    for (const part of added.split(/(\s)/)) {
      if (part === '') continue;
      if (!SPACE.test(part)) this.#extend(part);
      else this.#space(part);
      this.#length += part.length;
    }
  }

  #extend(part: string): void {
    if (this.#word === '') this.#wordFrom = this.#length;
    if (this.#line === '') this.#lineFrom = this.#length;
    this.#word += part;
    this.#line += part;
  }

  #space(space: string): void {
    this.#endWord();
    if (space === '\n') this.#endLine();
    // A line counts without the white space before it.
    else if (this.#line !== '') this.#line += space;
  }

  #endWord(): void {
    if (this.#word === '') return;
    this.#words.push({ text: this.#word, from: this.#wordFrom });
    this.#word = '';
    this.#count++;
    if (this.#words.length < this.#limits.words) return;
    const key = this.#words.map(({ text }) => text).join(' ');
    const from = this.#words[0]?.from ?? 0;
    this.#words.shift();
    if (LETTER.test(key)) this.#phrases.add({ key, from, word: this.#count });
  }

  #endLine(): void {
    const key = this.#line.trimEnd();
    if (key.length >= this.#limits.shortestLine) this.#lines.add({ key, from: this.#lineFrom, word: 0 });
    this.#line = '';
  }
}
