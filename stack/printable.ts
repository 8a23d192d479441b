/**
 * Text of a model, or of anybody else, made safe for a terminal: what could move the cursor, change colours, set the title or answer
 * questions is shown as a symbol instead of being obeyed. Newline and tab stay; a carriage return is left out.
 */

/** C0 without tab and newline, DEL, C1, and what turns the direction of writing around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** Unicode's pictures of the C0 control characters begin here. */
const PICTURES = 0x2400;
const PICTURE_OF_DELETE = '\u2421';
const REPLACEMENT = '\ufffd';

/** Every control character but newline and tab as a symbol. It looks at single characters, so text may come in pieces. */
export function printable(text: string): string {
  return text.replace(CONTROL, picture);
}

function picture(character: string): string {
  if (character === '\r') return '';
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(PICTURES + code);
  return code === 0x7f ? PICTURE_OF_DELETE : REPLACEMENT;
}
