/**
 * Lengths and times of the deltas of one channel of one turn, for tests of policies on what models really wrote. Compact: two
 * varints (LEB128) a delta, its length in UTF-16 units and the whole milliseconds since the delta before it; two bytes for most.
 * Nothing here keeps text: the gate has it. Pure.
 */

/** A delta as it was recorded: its length in UTF-16 units, and its arrival in milliseconds since the turn's start. */
export interface RecordedDelta {
  length: number;
  ms: number;
}

/** Notes deltas as they come. */
export class StreamRecord {
  /** UTF-16 units that were shown before a restart of the supervisor, which did not keep their times: one delta at time 0. */
  readonly resumed: number;
  /** Length, time, length, time … */
  readonly #numbers: number[] = [];

  constructor(resumed: number) {
    this.resumed = resumed;
    if (resumed > 0) this.#numbers.push(resumed, 0);
  }

  /** A delta has come. `length`: UTF-16 units, more than 0; `ms`: whole milliseconds since the turn's start, never falling. */
  add(length: number, ms: number): void {
    this.#numbers.push(length, ms);
  }

  encoded(): Buffer {
    return encodeDeltas(this.#numbers);
  }
}

function encodeDeltas(numbers: readonly number[]): Buffer {
  const bytes: number[] = [];
  let previous = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const [length = 0, ms = 0] = [numbers[index], numbers[index + 1]];
    pushVarint(bytes, length);
    pushVarint(bytes, ms - previous);
    previous = ms;
  }
  return Buffer.from(bytes);
}

/** What `StreamRecord` encoded. @throws Error when the bytes are no such record */
export function decodeDeltas(bytes: Uint8Array): RecordedDelta[] {
  const numbers = varints(bytes);
  if (numbers.length % 2 !== 0) throw new Error('the record of deltas ends in the middle of one');
  const deltas: RecordedDelta[] = [];
  let ms = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    ms += numbers[index + 1] ?? 0;
    deltas.push({ length: numbers[index] ?? 0, ms });
  }
  return deltas;
}

/** By division, not by shifts: those end at 31 bits. */
function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function varints(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let [value, factor] = [0, 1];
  for (const byte of bytes) {
    value += (byte % 128) * factor;
    factor *= 128;
    if (byte >= 128) continue;
    numbers.push(value);
    [value, factor] = [0, 1];
  }
  if (factor !== 1) throw new Error('the record of deltas ends in the middle of a number');
  return numbers;
}
