/** Keeps prompts short: the beginning of a text, measured in bytes. Pure. */

const encoder = new TextEncoder();

/** As much of the beginning of a text as fits into so many bytes of UTF-8; characters stay whole. */
export function cutBytes(text: string, bytes: number): string {
  // `encodeInto` never writes part of a character and says how many UTF-16 units it took.
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(bytes)).read);
}
