/**
 * `json`: a finished answer must be JSON, and fit a schema (JSON Schema, draft 7). If it does not, the error is fed back. The whole answer
 * is held back until it is judged; reasoning is not judged.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { z } from 'zod';
import { definePolicy } from './define-policy.ts';
import { checkWholeTextPattern } from './patterns/bounded-pattern.ts';
import { PatternError } from './patterns/widths.ts';
import { interject } from './verdicts.ts';

/** Errors that are told at once. */
const MOST_ERRORS = 5;
/** Characters of a property's name, or of the path to it, that are told. */
const LONGEST_NAME = 200;
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
    return {
      holdback: 'turn',
      onTurnEnd({ text, channel }) {
        const problem = channel === 'text' ? answerProblem(text.trim(), fenced, validate) : undefined;
        if (problem === undefined) return undefined;
        return interject(`Your answer ${problem}. Answer again with the whole JSON and nothing else.`);
      },
    };
  },
});

function answerProblem(answer: string, fenced: boolean, validate: ValidateFunction): string | undefined {
  const block = fenced ? FENCED.exec(answer)?.[1] : undefined;
  let value: unknown;
  try {
    value = JSON.parse(block ?? answer);
  } catch (error) {
    return `is not JSON: ${withoutQuote((error as Error).message)}`;
  }
  if (validate(value)) return undefined;
  return `does not fit the schema: ${(validate.errors ?? []).slice(0, MOST_ERRORS).map(inWords).join('; ')}`;
}

/** The engine quotes a piece of the answer, which readers must not see: it is withheld. */
function withoutQuote(message: string): string {
  return message.replace(/^(Unexpected token) .*/s, '$1').replace(/, (?:\.{3})?".*/s, '');
}

/** Of the answer it names properties only. */
function inWords({ instancePath, message, params }: ErrorObject): string {
  const more = 'additionalProperty' in params ? ` (${shortened(params.additionalProperty)})` : '';
  return `${instancePath === '' ? 'the whole' : shortened(instancePath)} ${message}${more}`;
}

/** A model may make names as long as it likes, and a correction has an end. */
function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}\u2026`;
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
