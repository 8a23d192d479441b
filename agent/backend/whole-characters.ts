/**
 * Keeps characters whole. A delta that ends in the first half of a surrogate pair keeps that half back for the next delta, and a
 * half that stays alone becomes U+FFFD, as it would on its way to a file or a browser. Pure.
 */

const LONELY_HALF = /\p{Surrogate}/gu;
const REPLACEMENT = '\uFFFD';

/** The characters of one stream of deltas. */
export class WholeCharacters {
  #held = '';

  /** The text that can be passed on now; may be empty. */
  take(text: string): string {
    const joined = this.#held + text;
    const cut = endsInFirstHalf(joined) ? joined.length - 1 : joined.length;
    this.#held = joined.slice(cut);
    return mendHalves(joined.slice(0, cut));
  }

  /** What is left when nothing follows; may be empty. */
  end(): string {
    const left = this.#held === '' ? '' : REPLACEMENT;
    this.#held = '';
    return left;
  }
}

/** The first characters of a text (UTF-16 code units at most), with an ellipsis when something was left out. */
export function shorten(text: string, characters: number): string {
  return text.length <= characters ? text : `${mendHalves(text.slice(0, characters))}…`;
}

function mendHalves(text: string): string {
  return text.replace(LONELY_HALF, REPLACEMENT);
}

function endsInFirstHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
