/** Durations as Ollama reads them (Go's notation) and writes them (nanoseconds). Pure. */
import { Refusal } from '../replies.ts';

const UNITS_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g;

/** The longest duration that Go knows, about 292 years: what a negative one means. */
const FOREVER_MS = 2 ** 63 / 1e6;

/**
 * A `keep_alive` in milliseconds: seconds as a number, or text like `5m` or `1h30m`; a negative one is for good. A number in
 * quotes has no unit and is refused, except 0.
 * @throws Refusal
 */
export function keepAliveMs(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' && typeof value !== 'string') throw wrong(`Unsupported type: '${typeof value}'`);
  const milliseconds = typeof value === 'number' ? value * 1000 : parseDuration(value);
  return milliseconds < 0 ? FOREVER_MS : milliseconds;
}

function parseDuration(text: string): number {
  if (/^[+-]?0$/.test(text)) return 0;
  if (/^[+-]?[\d.]+$/.test(text)) throw wrong(`time: missing unit in duration "${text}"`);
  if (!WHOLE.test(text)) throw wrong(`time: invalid duration "${text}"`);
  const parts = Array.from(text.matchAll(PART), ([, number, unit = '']) => Number(number) * (UNITS_MS[unit] ?? 0));
  const sum = parts.reduce((total, part) => total + part, 0);
  return text.startsWith('-') ? -sum : sum;
}

export function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}

function wrong(message: string): Refusal {
  return new Refusal(400, 'invalid_request_error', message);
}
