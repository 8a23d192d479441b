/**
 * `script`: the answer drifts into another script, or into another language. It looks at the newest part of the text only, and is made for
 * prose: code may look like any language. Holds 64 characters back.
 */
import { francAll } from 'franc-min';
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import type { TextToJudge } from './policy.ts';
import { TextEnds } from './text-end.ts';
import { interject } from './verdicts.ts';

const HOLDBACK = 64;
/** Characters that are looked at, for the script and for the language. */
const SCRIPT_WINDOW = 200;
const LANGUAGE_WINDOW = 800;
/** The language is looked at again after so many characters: that takes half a millisecond. */
const LANGUAGE_STEP = 100;

const options = z
  .strictObject({
    scripts: z
      .array(z.string().refine(isScript, { error: 'is no Unicode script; one is called Latin, Cyrillic, Greek, Han' }))
      .min(1)
      .optional()
      .describe('Unicode scripts of letters that are allowed'),
    languages: z
      .array(z.string().regex(/^[a-z]{3}$/, { error: 'must be an ISO 639-3 code of three letters, like eng' }))
      .min(1)
      .optional()
      .describe('languages that are allowed, by their ISO 639-3 code'),
    tolerance: z.number().min(0).max(0.95).default(0.25).describe('share of letters of other scripts that is allowed'),
    minimumLetters: z
      .int()
      .min(1)
      .max(SCRIPT_WINDOW)
      .default(20)
      .describe('fewer letters say nothing about the script'),
    languageTolerance: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.02)
      .describe('how much likelier another language may be: between related languages some 0.03 lie'),
    minimumText: z
      .int()
      .min(50)
      .max(LANGUAGE_WINDOW)
      .default(300)
      .describe('fewer characters say nothing about the language'),
  })
  .refine(({ scripts, languages }) => scripts !== undefined || languages !== undefined, {
    error: "give scripts or languages, for example { scripts: ['Latin'] }",
  });

type Options = z.output<typeof options>;

export const script = definePolicy({
  name: 'script',
  options,
  create(limits) {
    const ends = new TextEnds(LANGUAGE_WINDOW);
    const foreign = foreignLetters(limits.scripts);
    const judge = (end: string, looksAtLanguage: boolean) => {
      if (foreign !== undefined && isForeign(end.slice(-SCRIPT_WINDOW), foreign, limits)) {
        return interject(`Your answer left the ${list(limits.scripts)} script. Answer again in it.`);
      }
      if (!looksAtLanguage || !isOtherLanguage(end, limits)) return undefined;
      return interject(
        `Your answer is in another language. Answer again in this one (ISO 639-3): ${list(limits.languages)}.`,
      );
    };
    return {
      holdback: HOLDBACK,
      onText: (stream) => judge(ends.of(stream), startsStep(stream)),
      onTurnEnd: ({ text }) => judge(text.slice(-LANGUAGE_WINDOW), true),
    };
  },
});

function startsStep({ text: { length }, delta }: TextToJudge): boolean {
  return Math.floor(length / LANGUAGE_STEP) > Math.floor((length - delta.length) / LANGUAGE_STEP);
}

function isScript(name: string): boolean {
  try {
    return /^[A-Za-z_]+$/.test(name) && new RegExp(`\\p{Script=${name}}`, 'u') !== undefined;
  } catch {
    return false;
  }
}

/** Letters that belong to scripts, but to none of these. */
function foreignLetters(scripts: readonly string[] | undefined): RegExp | undefined {
  if (scripts === undefined) return undefined;
  const allowed = [...scripts, 'Common', 'Inherited'].map((name) => `\\p{Script=${name}}`).join('');
  return new RegExp(`(?![${allowed}])\\p{L}`, 'gu');
}

function isForeign(end: string, foreign: RegExp, { tolerance, minimumLetters }: Options): boolean {
  const letters = end.match(/\p{L}/gu)?.length ?? 0;
  return letters >= minimumLetters && (end.match(foreign)?.length ?? 0) > letters * tolerance;
}

function isOtherLanguage(end: string, { languages, languageTolerance, minimumText }: Options): boolean {
  if (languages === undefined || end.length < minimumText) return false;
  // The likeliest has 1. A script that one language alone is written in leaves only that one.
  const ranked = francAll(end.slice(-LANGUAGE_WINDOW));
  if (ranked[0]?.[0] === 'und') return false;
  const likeliest = ranked.find(([code]) => languages.includes(code))?.[1] ?? 0;
  return likeliest < 1 - languageTolerance;
}

function list(names: readonly string[] = []): string {
  return names.join(' or ');
}
