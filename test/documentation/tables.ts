/** The tables of multiagent.md as the code says them. `npm run docs:tables` writes them; a test holds the file against them. */
import { z } from 'zod';
import { BACKEND_ERRORS } from '../../agent/backend/errors.ts';
import { optionRows } from '../../stack/options.ts';
import { agentSchema, backendSchema } from '../../supervisor/configuration.ts';
import { ERRORS } from '../../supervisor/errors.ts';
import { EVENTS, type EventType } from '../../supervisor/events.ts';
import { METRICS } from '../../supervisor/metrics/table.ts';
import { ROUTES } from '../../ui/routes/table.ts';

const EVENT_MEANINGS: Record<EventType, string> = {
  'message-received': 'a message is acknowledged',
  'run-start': 'the run left the inbox, after so many milliseconds',
  'turn-start': 'the model is asked',
  'text-delta': 'a piece of the answer at its place in the turn',
  'reasoning-delta': "a piece of the model's reasoning",
  intervention: 'a policy or a person objected; `turn` 0: to the message',
  review: 'a policy that takes its time judges the finished answer, or has done so',
  'turn-cut': 'the turn is not the answer; `text` replaces what a reader has of it',
  'turn-end': 'the turn is the answer; `text` replaces what a reader has of it; `reason`: `stop` or `length`',
  'letter-sent':
    'the answer wrote to another agent, which got it as a message and will answer it in the chat of the same name',
  'run-paused': 'a policy wants a person to decide; see `GET /approvals`',
  'run-resumed': 'a person decided, or nobody did in time',
  'run-end': 'the run is over',
  'swarm-start': 'a swarm is acknowledged',
  'swarm-step': 'a swarm asks an agent, or has its answer; `agent`, `chat` and `swarm` say which',
  'swarm-end': 'the swarm is over',
  'benchmark-start': 'a benchmark is acknowledged; names of its two backends',
  'benchmark-progress': 'a part of a benchmark is measured, or something about it is to be known',
  'benchmark-end': 'the benchmark is over',
  'agent-ready': 'a process of the agent is connected',
  'agent-exit': 'a process of the agent ended',
  'backend-up': 'the model server answers',
  'backend-down': 'the model server does not answer; its runs wait, or go to a fallback',
  policy: 'another version of a policy is in force, or is not; a quarantine began or ended',
  notice: 'what would otherwise go unsaid: of a model server, or of letters that were not sent',
  held: 'not recorded: so much text is withheld until it is judged',
  degraded: 'not recorded: the data folder cannot be written; nothing is accepted until it can',
  resync: 'not recorded: the cursor is not known; load the history, then go on from `seq`',
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function fieldsOf(schema: z.ZodObject): string {
  return Object.entries(schema.shape)
    .map(([name, field]) => `\`${name}${field instanceof z.ZodOptional ? '?' : ''}\``)
    .join(', ');
}

function schemaTable(schema: z.ZodObject): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(properties).map(([name, property]) => {
    const { description = '' } = property as { description?: string };
    return [`\`${name}\``, required.includes(name) ? 'yes' : '', description];
  });
  return table(['field', 'required', 'meaning'], rows);
}

/** Table name → Markdown. */
export const TABLES: Record<string, () => string> = {
  events: () =>
    table(
      ['event', 'fields', 'meaning'],
      Object.entries(EVENTS).map(([type, schema]) => [
        `\`${type}\``,
        fieldsOf(schema),
        EVENT_MEANINGS[type as EventType],
      ]),
    ),
  metrics: () =>
    table(
      ['metric', 'type', 'labels', 'meaning'],
      Object.entries(METRICS).map(([name, { type, labels, help }]) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    ),
  errors: () =>
    table(
      ['code', 'status', 'again later?', 'meaning'],
      Object.entries(ERRORS).map(([code, { status, retryable, text }]) => [
        `\`${code}\``,
        String(status),
        retryable ? 'yes' : 'no',
        text,
      ]),
    ),
  'backend-errors': () =>
    table(
      ['code', 'tried again?', 'meaning'],
      Object.entries(BACKEND_ERRORS).map(([code, { retryable, meaning }]) => [
        `\`${code}\``,
        retryable ? 'yes' : 'no',
        meaning,
      ]),
    ),
  options: () =>
    table(
      ['option', 'variable', 'default', 'meaning'],
      optionRows().map(({ flag, placeholder, variable, byDefault, help }) => [
        `\`${flag} ${placeholder}\``,
        `\`${variable}\``,
        byDefault === undefined ? '' : `\`${byDefault}\``,
        help,
      ]),
    ),
  'agent-fields': () => schemaTable(agentSchema),
  'backend-fields': () => schemaTable(backendSchema),
  routes: () =>
    table(
      ['route', 'meaning'],
      ROUTES.map(({ method, path, description }) => [`\`${method} ${path}\``, description]),
    ),
};

/** Puts the tables between their marks; whatever stood there is replaced. */
export function withTables(document: string): string {
  return document.replace(/<!-- table: ([a-z-]+) -->[\s\S]*?<!-- end -->/g, (whole, name: string) => {
    const build = TABLES[name];
    return build === undefined ? whole : `<!-- table: ${name} -->\n${build()}\n<!-- end -->`;
  });
}
