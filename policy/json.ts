/**
 * `json`: a finished answer must be JSON, and fit a schema (JSON Schema, draft 7). If it does not, the error is fed back. The whole answer
 * is held back until it is judged; reasoning is not judged. What is said of it quotes the schema, nothing of the answer, which is withheld.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import { checkWholeTextPattern } from './patterns/bounded-pattern.ts';
import { PatternError } from './patterns/widths.ts';
import { interject } from './verdicts.ts';

/** Errors that are told at once. */
const MOST_ERRORS = 5;
/** Characters of a path, a list of names or a pattern that are told. */
const LONGEST_NAME = 200;
/** A place in a list; whatever is longer could be a name, and a number that means something. */
const PLACE = /^\d{1,6}$/;
const HIDDEN = '\u2026';
const FENCED = /^```(?:json)?[ \t]*\r?\n([\s\S]*?)\r?\n?```$/;

const options = z.strictObject({
  schema: z
    .record(z.string(), z.unknown())
    .superRefine((schema, context) => {
      const problem = schemaProblem(schema);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .default({})
    .describe('JSON Schema (draft 7) that the answer must fit; default: any JSON'),
  fenced: z.boolean().default(false).describe('the answer may stand in one ```json block'),
});

export const json = definePolicy({
  name: 'json',
  options,
  create({ schema, fenced }) {
    const validate = compile(schema);
    const names = namesIn(schema);
    return {
      holdback: 'turn',
      onTurnEnd({ text, channel }) {
        const problem = channel === 'text' ? answerProblem(text.trim(), fenced, { validate, names }) : undefined;
        if (problem === undefined) return undefined;
        return interject(`Your answer ${problem}. Answer again with the whole JSON and nothing else.`);
      },
    };
  },
});

/** A schema, ready to be used. */
interface Wanted {
  validate: ValidateFunction;
  /** Of the properties that it knows. */
  names: ReadonlySet<string>;
}

function answerProblem(answer: string, fenced: boolean, { validate, names }: Wanted): string | undefined {
  const block = fenced ? FENCED.exec(answer)?.[1] : undefined;
  let value: unknown;
  try {
    value = JSON.parse(block ?? answer);
  } catch (error) {
    return `is not JSON: ${withoutQuote((error as Error).message)}`;
  }
  if (validate(value)) return undefined;
  return `does not fit the schema: ${inWords(validate.errors ?? [], names)}`;
}

/** The engine quotes a piece of the answer, which readers must not see: it is withheld. */
function withoutQuote(message: string): string {
  return message.replace(/^(Unexpected token) .*/s, '$1').replace(/, (?:\.{3})?".*/s, '');
}

function inWords(errors: readonly ErrorObject[], names: ReadonlySet<string>): string {
  return errors
    .slice(0, MOST_ERRORS)
    .map((error) => `${placeOf(error, names)} ${error.message}${moreOf(error, names)}`)
    .join('; ');
}

/** A name that the schema does not know is the model's, and could say anything. */
function placeOf({ instancePath }: ErrorObject, names: ReadonlySet<string>): string {
  const [, ...steps] = instancePath.split('/');
  const isTold = (step: string): boolean => PLACE.test(step) || names.has(nameOf(step));
  return steps.length === 0 ? 'the whole' : shortened(steps.map((step) => `/${isTold(step) ? step : HIDDEN}`).join(''));
}

function moreOf({ params }: ErrorObject, names: ReadonlySet<string>): string {
  if (!('additionalProperty' in params) || names.size === 0) return '';
  return ` (the schema knows ${shortened([...names].join(', '))})`;
}

/** Of a step of a JSON Pointer (RFC 6901, section 4). */
function nameOf(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Under `properties`, at any depth. */
function namesIn(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties' && typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) found.add(name);
    }
    namesIn(value, found);
  }
  return found;
}

function shortened(words: string): string {
  return words.length <= LONGEST_NAME ? words : `${words.slice(0, LONGEST_NAME)}${HIDDEN}`;
}

function schemaProblem(schema: Record<string, unknown>): string | undefined {
  if ('$async' in schema) return 'an asynchronous schema cannot be used';
  try {
    compile(schema);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return error instanceof PatternError ? message : `is no JSON Schema of draft 7: ${message}`;
  }
}

function compile(schema: Record<string, unknown>): ValidateFunction {
  return new Ajv({ allErrors: true, logger: false, code: { regExp } }).compile(schema);
}

/** Every `pattern` and name in `patternProperties` of a schema; the model writes what they are tried on. @throws PatternError */
const regExp = Object.assign(
  (source: string, flags: string): RegExp => {
    const expression = new RegExp(source, flags);
    try {
      checkWholeTextPattern(expression);
    } catch (error) {
      throw new PatternError(
        `the pattern ${JSON.stringify(source.slice(0, LONGEST_NAME))}: ${(error as Error).message}, or begin it with "^"`,
      );
    }
    return expression;
  },
  { code: 'new RegExp' },
);
