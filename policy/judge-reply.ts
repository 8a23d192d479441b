/** Reads what a judge replied. Pure. Models wrap JSON in text, fences and thoughts; that is borne, a guess is not made. */

export interface JudgeReply {
  verdict: 'ok' | 'drift';
  reason: string;
}

/** The reason comes first: a model that has to give one decides better. */
export const VERDICT_SCHEMA = {
  type: 'object',
  properties: { reason: { type: 'string', maxLength: 300 }, verdict: { type: 'string', enum: ['ok', 'drift'] } },
  required: ['reason', 'verdict'],
  additionalProperties: false,
} as const;

const THOUGHTS = /<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/gi;
/** Objects without objects inside, which is what is asked for. */
const OBJECTS = /\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}/g;

/**
 * The verdict of a reply; undefined: there is none, or there are different ones. `judged`: what the judge was shown; inside a longer reply
 * an object that stands in there is a quotation.
 */
export function readReply(reply: string, judged: string): JudgeReply | undefined {
  const said = reply.replace(THOUGHTS, '').trim();
  const whole = readObject(said);
  if (whole !== undefined) return whole;
  const seen = withoutSpace(judged);
  const own = (said.match(OBJECTS) ?? []).filter((object) => !isQuoted(object, seen));
  const verdicts = own.flatMap((object) => readObject(object) ?? []);
  const [first] = verdicts;
  return first !== undefined && verdicts.every(({ verdict }) => verdict === first.verdict) ? first : undefined;
}

/** As it stands, or as it stands inside a JSON text. */
function isQuoted(object: string, seen: string): boolean {
  const text = withoutSpace(object);
  return seen.includes(text) || seen.includes(withoutSpace(JSON.stringify(object).slice(1, -1)));
}

function withoutSpace(text: string): string {
  return text.replace(/\s|\\[nrt]/g, '');
}

function readObject(text: string): JudgeReply | undefined {
  try {
    const { verdict, reason = '' } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (verdict !== 'ok' && verdict !== 'drift') return undefined;
    return { verdict, reason: typeof reason === 'string' ? reason : '' };
  } catch {
    return undefined;
  }
}
