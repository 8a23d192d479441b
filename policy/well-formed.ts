/**
 * Well-formed text: no half surrogate pairs. Everything a policy reads or says is well-formed, because half a pair becomes
 * U+FFFD on its way to a reader, and what is shown must be what is stored.
 */

// With the `u` flag a whole pair is one code point, so only lone surrogates have this property.
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** Whether `text` holds no lone surrogate. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** `text` with every lone surrogate replaced by U+FFFD: one UTF-16 unit for one, so offsets do not move. */
export function wellFormed(text: string): string {
  return isWellFormed(text) ? text : text.replace(LONE_SURROGATES, '\uFFFD');
}
