/**
 * Every option, declared once. From this table come the command line, `--help`, the environment variables, the `options` of the
 * configuration file, the checks of all of these and the table in the documentation.
 */
import {
  argumentLine,
  modelServer,
  nameList,
  number,
  type OptionKind,
  oneOf,
  text,
  textLike,
  textList,
  wholeNumber,
} from './option-kinds.ts';

interface OptionDeclaration<T> {
  kind: OptionKind<T>;
  /** Value when nobody says anything; undefined: there is none. */
  byDefault: T | undefined;
  /** For people: one line, without a full stop. */
  help: string;
  /** Whether `options` in the configuration file may set it; what the file has fields of its own for stays out. */
  inFile: boolean;
}

/** An option that always has a value. */
function withDefault<T>(kind: OptionKind<T>, byDefault: T, help: string) {
  return { kind, byDefault, help, inFile: true } as const;
}

/** An option that has a value only when somebody gave one. */
function optional<T, F extends boolean = false>(kind: OptionKind<T>, help: string, inFile: F = false as F) {
  return { kind, byDefault: undefined, help, inFile } as const;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const NAME_HELP = 'lower-case letters, digits, - and _ (at most 40)';
/** What an address may hold unchanged: the start line shows it in one. */
const TOKEN = /^[A-Za-z0-9._~-]{1,200}$/;
const HOST = /^[A-Za-z0-9.-]+$|^[0-9A-Fa-f:.]+(%\w+)?$/;
const HOST_NAME = /^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;

function hostName(item: string): string {
  if (HOST_NAME.test(item)) return item;
  throw new Error(`"${item}" is not a host name; use one like chat.example.org`);
}

export const OPTIONS = {
  config: optional(
    text('FILE'),
    'configuration: a TypeScript or JavaScript module, or JSON (default: agents.config.ts)',
  ),
  data: withDefault(text('FOLDER'), 'data', 'folder that everything of this stack is kept in'),
  host: withDefault(textLike('ADDRESS', HOST, 'an address like 127.0.0.1'), '127.0.0.1', 'address to listen on'),
  port: withDefault(wholeNumber('PORT', 0, 65_535), 8002, 'port to listen on; 0 picks a free one'),
  allowHost: withDefault(textList('NAME', hostName), [], 'further host name that requests may carry, for a tunnel'),
  token: optional(
    textLike('TOKEN', TOKEN, 'letters, digits and . _ ~ - (at most 200)'),
    'secret of the stack (default: a random one in the data folder); the variable keeps it out of the process list',
    true,
  ),
  agents: optional(nameList('NAMES', NAME, NAME_HELP), 'agents to run, separated by commas: configured or new ones'),
  backend: optional(
    modelServer('URL'),
    'model server that runs: http://… (llama-server, any OpenAI-compatible one), ollama://HOST:PORT, or simulator (default: what is found)',
  ),
  model: optional(
    text('NAME'),
    'model to ask the backend for (default: what it serves), or a GGUF file to start llama-server with',
  ),
  llamaServer: optional(text('BIN'), 'llama-server program for a GGUF model (default: llama-server on the PATH)'),
  llamaArgs: optional(argumentLine('ARGS'), "further arguments for it, in quotes: '-ngl 99 -c 16384'"),
  slots: optional(wholeNumber('NUMBER', 1, 10_000), 'requests the backend works on at a time (default: what it says)'),
  policy: optional(textList('PATH|NAME'), "policy instead of the default one; 'none' switches it off"),
  durability: withDefault(
    oneOf('normal', 'full'),
    'normal',
    'what an acknowledged message survives: full = power loss too',
  ),
  graceSeconds: withDefault(number('SECONDS', 0, 3600), 5, 'time that running answers and processes get to end'),
  logLevel: withDefault(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'what is logged; contents of messages at debug only',
  ),
} as const satisfies Record<string, OptionDeclaration<unknown>>;

export type OptionName = keyof typeof OPTIONS;
type Read<K extends OptionName> = ReturnType<(typeof OPTIONS)[K]['kind']['read']>;
type Optional = { [K in OptionName]: (typeof OPTIONS)[K]['byDefault'] extends undefined ? K : never }[OptionName];

/** The options with their values. */
export type OptionValues = {
  [K in OptionName]: K extends Optional ? Read<K> | undefined : Read<K>;
};

/** Flags with their text; several texts where a flag may be repeated. */
export type GivenOptions = { [K in OptionName]?: string | string[] };

type FileOptionName = { [K in OptionName]: (typeof OPTIONS)[K]['inFile'] extends true ? K : never }[OptionName];

/** What `options` in a configuration file may hold. */
export type FileOptions = { [K in FileOptionName]?: Read<K> };

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** What a person does instead of starting. */
export const COMMANDS = {
  stop: 'stop the stack of this data folder',
  status: 'show processes, agents, backend and inbox; exit code 0 running, 1 stale, 3 stopped',
  version: 'show the version',
  help: 'show this help',
} as const;

/** `allowHost` → `--allow-host`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `allowHost` → `INTERJECT_ALLOW_HOST`. */
export function variableOf(name: OptionName): string {
  return `INTERJECT_${flagOf(name).slice(2).replaceAll('-', '_').toUpperCase()}`;
}

/** A row of the option table in the documentation. */
export interface OptionRow {
  flag: string;
  placeholder: string;
  repeatable: boolean;
  variable: string;
  /** Name under `options` in the configuration file; undefined when it cannot be set there. */
  inFile: string | undefined;
  byDefault: string | undefined;
  help: string;
}

/** The options as rows for people, in the order of the table. */
export function optionRows(): OptionRow[] {
  return OPTION_NAMES.map((name) => {
    const { kind, byDefault, help, inFile } = OPTIONS[name];
    return {
      flag: flagOf(name),
      placeholder: kind.placeholder,
      repeatable: kind.repeatable,
      variable: variableOf(name),
      inFile: inFile ? name : undefined,
      byDefault: byDefault === undefined || byDefault.toString() === '' ? undefined : String(byDefault),
      help: kind.repeatable ? `${help} (repeatable)` : help,
    };
  });
}
