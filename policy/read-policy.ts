/**
 * Makes a policy of what a module exports and of the options that a configuration gives. Whatever is wrong with either is refused
 * here, with the reason, before the policy may judge anything.
 */
import type { ZodType } from 'zod';
import { checkFields, checkPolicy, FIELDS, HEAD, InvalidPolicyError, kindOf } from './check-policy.ts';
import type { Policy, PolicyWithOptions } from './policy.ts';

const FIELDS_WITH_OPTIONS = [...HEAD, 'options', 'create'] as const satisfies readonly (keyof PolicyWithOptions)[];

/** How a configuration uses a policy. */
export interface PolicyUse {
  /** Name for the policy in this place; default: its own. */
  name?: string | undefined;
  /** For the policy's schema; not checked yet. */
  options?: unknown;
}

/**
 * Returns the policy that a module's default export is, made with the options that a configuration gives it.
 * @throws InvalidPolicyError
 */
export function readPolicy(value: unknown, { name, options }: PolicyUse = {}): Policy {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidPolicyError(`the default export must be a policy object, it is ${kindOf(value)}`);
  }
  const policy = 'create' in value || 'options' in value ? create(value, options) : withoutOptions(value, options);
  return checkPolicy(name === undefined ? policy : named(policy, name));
}

/** The same policy by another name. Its hooks are called as methods of what it is: it may be an instance of a class. */
function named(policy: object, name: string): object {
  const given: Record<string, unknown> = { ...policy };
  for (const field of FIELDS) {
    const value: unknown = Reflect.get(policy, field);
    if (value !== undefined) given[field] = typeof value === 'function' ? value.bind(policy) : value;
  }
  return { ...given, name };
}

function withoutOptions(value: object, options: unknown): object {
  if (options !== undefined) throw new InvalidPolicyError('it takes no options');
  return value;
}

function create(value: object, given: unknown): object {
  checkFields(value, FIELDS_WITH_OPTIONS);
  const { options: schema, create: make, ...head } = value as Partial<PolicyWithOptions>;
  if (!isSchema(schema)) throw new InvalidPolicyError(`"options" must be a zod schema, it is ${kindOf(schema)}`);
  if (typeof make !== 'function') throw new InvalidPolicyError(`"create" must be a function, it is ${kindOf(make)}`);
  const hooks: unknown = make(readOptions(schema, given));
  if (typeof hooks !== 'object' || hooks === null) {
    throw new InvalidPolicyError(`"create" must return the hooks, it returned ${kindOf(hooks)}`);
  }
  // What becomes of a run when the policy fails may be an option of it.
  const twice = HEAD.find((field) => field in hooks && (field !== 'onFailure' || field in head));
  if (twice !== undefined) throw new InvalidPolicyError(`"create" returned "${twice}", which stands beside it`);
  return { ...hooks, ...head };
}

function isSchema(value: unknown): value is ZodType {
  return typeof value === 'object' && value !== null && 'safeParse' in value && typeof value.safeParse === 'function';
}

function readOptions(schema: ZodType, given: unknown): unknown {
  const result = schema.safeParse(given ?? {});
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `options${path.map(placeOf).join('')}: ${message}`);
  throw new InvalidPolicyError(problems.join('; '));
}

function placeOf(part: PropertyKey): string {
  return typeof part === 'number' ? `[${part}]` : `.${String(part)}`;
}
