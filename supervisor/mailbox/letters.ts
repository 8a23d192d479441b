/**
 * Finds the letters in an answer. Pure. A line `@name: text` begins one (also in bold, `**@name:** text`, and in any case of letters); it goes
 * on until the next such line or the end. `@all:` writes to all contacts, `@user:` goes on for the reader. A line for somebody who is
 * no contact ends a letter, too, since what follows is not meant for its recipient. Nothing begins in a code fence, in a quotation (`> `), in a list or
 * behind four spaces. Whoever is written to several times in one answer gets one letter: one message is one call of a model.
 */

/** Writes to all contacts. */
const ALL = 'all';
/** Ends a letter: what follows is for the reader of the answer. */
const READER = 'user';

/** What an agent cannot be called that others write to. */
export const RESERVED_NAMES: readonly string[] = [ALL, READER];

/** Strangers that are named at most. */
const MOST_STRANGERS = 5;

const ADDRESS = /^ {0,3}(\*{0,3})@([a-z0-9][a-z0-9_-]{0,39})(?:[:：]\1|\1[:：])(.*)$/i;
const FENCE = /^\s*(`{3,}|~{3,})(.*)$/;

export interface Letter {
  /** A contact. */
  to: string;
  /** Not empty. */
  content: string;
}

export interface ReadLetters {
  /** At most one for each contact, in the order in which they were first addressed. */
  letters: Letter[];
  /** Names that lines begin with as if there were such a contact, in small letters; the first five. */
  strangers: string[];
}

/** A line that addresses somebody. */
interface Address {
  name: string;
  /** What stands behind it in the line. */
  rest: string;
}

/** The letters to `contacts` in a whole answer. */
export function readLetters(answer: string, contacts: readonly string[]): ReadLetters {
  const parts = new Map<string, string[]>();
  const strangers = new Set<string>();
  let to: readonly string[] = [];
  let lines: string[] = [];
  const close = (): void => {
    const content = contentOf(lines);
    for (const name of content === '' ? [] : to) {
      const before = parts.get(name);
      if (before === undefined) parts.set(name, [content]);
      else before.push(content);
    }
  };
  for (const { line, isCode } of withFences(answer)) {
    const address = isCode ? undefined : addressIn(line, contacts);
    if (address === undefined) {
      lines.push(line);
      continue;
    }
    close();
    lines = [address.rest];
    to = recipients(address.name, contacts);
    if (to.length === 0 && !RESERVED_NAMES.includes(address.name)) strangers.add(address.name);
  }
  close();
  const letters = [...parts].map(([name, contents]) => ({ to: name, content: contents.join('\n\n') }));
  return { letters, strangers: [...strangers].slice(0, MOST_STRANGERS) };
}

function recipients(name: string, contacts: readonly string[]): readonly string[] {
  if (name === ALL) return contacts;
  return contacts.includes(name) ? [name] : [];
}

/** A name that nobody has needs a space behind its colon: `@media:print` addresses nobody. */
function addressIn(line: string, contacts: readonly string[]): Address | undefined {
  const [, , written = '', rest = ''] = ADDRESS.exec(line) ?? [];
  const name = written.toLowerCase();
  if (name === '') return undefined;
  const isKnown = RESERVED_NAMES.includes(name) || contacts.includes(name);
  return isKnown || rest === '' || /^\s/.test(rest) ? { name, rest: rest.trimStart() } : undefined;
}

/** Without empty lines around it; the indentation of its first line stays. */
function contentOf(lines: readonly string[]): string {
  const first = lines.findIndex((line) => line.trim() !== '');
  return first < 0 ? '' : lines.slice(first).join('\n').trimEnd();
}

/** The lines of a text, and which of them are in a code fence or its marks (CommonMark 0.31, section 4.5, at any indentation). */
function* withFences(text: string): Generator<{ line: string; isCode: boolean }> {
  let fence = '';
  for (const line of text.split(/\r?\n/)) {
    const [, mark = '', rest = ''] = FENCE.exec(line) ?? [];
    const isInside = fence !== '';
    if (!isInside) fence = mark.startsWith('`') && rest.includes('`') ? '' : mark;
    else if (mark.startsWith(fence) && rest.trim() === '') fence = '';
    yield { line, isCode: isInside || fence !== '' };
  }
}
