/**
 * How a subcommand is declared: once, with its name, its argument, its options and a line of help. From the declaration come the command
 * line, `--help`, the checks, and what the subcommand's own code is given.
 */
import { messageOf, usageFailure } from '../failure.ts';
import type { OptionKind } from '../option-kinds.ts';
import { flagOf, type OptionName } from '../options.ts';

/** An option of one subcommand; one of the same name among the options of a start is another one. */
interface OwnOption<T> {
  kind: OptionKind<T>;
  /** Value when nobody says anything; undefined: there is none. */
  byDefault: T | undefined;
  /** For people: one line, without a full stop. */
  help: string;
}

export type OwnOptions = Readonly<Record<string, OwnOption<unknown>>>;

/** The values of a subcommand's own options. */
export type OwnValues<O extends OwnOptions> = { [K in keyof O]: ReturnType<O[K]['kind']['read']> | O[K]['byDefault'] };

/** Flags with their text; several texts where a flag may be repeated. */
export type GivenTexts = Readonly<Record<string, string | string[] | undefined>>;

/** The same of a subcommand's own options, among which are flags without a value. */
export type GivenOwn = Readonly<Record<string, string | string[] | true | undefined>>;

/** What a subcommand is started with. */
interface Invocation<O extends OwnOptions> {
  /** Undefined when it was not given. */
  argument: string | undefined;
  /** All words that were given after its name, the argument among them. */
  words: readonly string[];
  own: OwnValues<O>;
  /** Options of a start, as they were given on the command line. */
  given: GivenTexts;
}

export interface Subcommand<O extends OwnOptions = OwnOptions> {
  name: string;
  /** For people: one line, without a full stop. */
  help: string;
  /** May be left out; undefined: it takes none. `isRepeatable`: more words may follow. */
  argument: { placeholder: string; help: string; isRepeatable?: true } | undefined;
  options: O;
  /** Options of a start that it takes too. */
  startOptions: readonly OptionName[];
  examples: readonly string[];
  /** Runs it; its code is loaded only then. Returns the exit code. @throws Failure */
  run(invocation: Invocation<O>): Promise<number>;
}

/** Returns the declaration it is given; its types follow from it. */
export function declareSubcommand<const O extends OwnOptions>(subcommand: Subcommand<O>): Subcommand {
  return subcommand as unknown as Subcommand;
}

/** An option that always has a value. */
export function withDefault<T>(kind: OptionKind<T>, byDefault: T, help: string) {
  return { kind, byDefault, help } as const;
}

/** An option that has a value only when somebody gave one. */
export function optional<T>(kind: OptionKind<T>, help: string) {
  return { kind, byDefault: undefined, help } as const;
}

/** The values of a subcommand's own options. @throws Failure (exit code 2) that names the flag, what is wrong and what would be right */
export function readOwnOptions(options: OwnOptions, given: GivenOwn): OwnValues<OwnOptions> {
  const values = Object.entries(options).map(([name, { kind, byDefault }]) => {
    if (given[name] === undefined) return [name, byDefault];
    try {
      return [name, kind.read(given[name])];
    } catch (error) {
      throw usageFailure(`${flagOf(name)}: ${messageOf(error)}.`);
    }
  });
  return Object.fromEntries(values);
}
