/** The tables, as numbered migrations that run when a database is opened. A migration that was published is never changed. */
import type { Database } from './database.ts';

const MIGRATIONS = [
  `
  create table chat (
    id text primary key,                -- agent/name
    agent text not null,
    name text not null,
    created_at integer not null,
    parent_chat text,
    parent_message integer
  ) strict;

  create table run (
    number integer primary key autoincrement,
    id text not null unique,
    agent text not null,
    chat_id text not null references chat (id),
    key text,
    content text not null,
    status text not null,               -- queued, running, or how it ended
    reason text,
    first_seq integer not null,
    agent_deaths integer not null default 0,
    backend_failures integer not null default 0,
    accepted_at integer not null,
    started_at integer,
    first_text_at integer,
    ended_at integer
  ) strict;
  create unique index run_key on run (agent, key) where key is not null;
  create index run_open on run (status) where status in ('queued', 'running');
  create index run_chat on run (chat_id, number);

  create table inbox (
    id integer primary key autoincrement,
    run integer not null references run (number),
    agent text not null,
    kind text not null check (kind in ('message', 'interjection')),
    state text not null check (state in ('queued', 'claimed', 'settled')),
    incarnation text,
    ts integer not null
  ) strict;
  create index inbox_run on inbox (run);

  create table turn (
    run integer not null references run (number),
    number integer not null,
    incarnation text not null,
    policies text not null,             -- the versions that judge it: "name@version name@version"
    outcome text,                       -- null while it is open
    started_at integer not null,
    ended_at integer,
    prompt_tokens integer not null default 0,
    completion_tokens integer not null default 0,
    cached_tokens integer not null default 0,
    primary key (run, number)
  ) strict, without rowid;

  create table chat_history (
    id integer primary key autoincrement,
    chat_id text not null references chat (id),
    role text not null check (role in ('user', 'assistant', 'supervisor')),
    content text not null,
    ts integer not null,
    run integer not null references run (number),
    turn integer not null,              -- 0: the message itself
    status text not null,               -- complete, interrupted
    reasoning text,
    intervention integer                -- of a correction: what it came from
  ) strict;
  create index chat_history_chat on chat_history (chat_id, id);
  create index chat_history_run on chat_history (run, id);
  create unique index one_answer on chat_history (run) where role = 'assistant' and status = 'complete';

  create table intervention (
    id integer primary key autoincrement,
    run integer not null references run (number),
    turn integer not null,
    policy text not null,               -- or person
    version text not null,
    action text not null,
    reason text not null,
    shown_offset integer not null,
    raw_offset integer not null,
    withheld text not null,             -- for the person who runs the stack only
    cut_ms real,
    ts integer not null
  ) strict;
  create index intervention_run on intervention (run, id);

  create table event (
    seq integer primary key,
    type text not null,
    agent text,
    chat text,
    run text,
    ts integer not null,
    data text not null
  ) strict;
  create index event_run on event (run, seq) where run is not null;

  create table policy_offence (
    policy text not null,
    version text not null,
    offences integer not null,
    quarantined_at integer,
    primary key (policy, version)
  ) strict, without rowid;
  `,
  `
  alter table turn add column backend text; -- name of the backend that was asked
  `,
  `
  create index event_notice on event (agent, chat, seq) where type = 'notice';
  `,
  `
  alter table intervention add column channel text not null default 'text';
  alter table intervention add column raw_from integer;       -- first character withheld or masked, in what the model wrote
  alter table intervention add column raw_to integer;         -- of redact: first character after
  alter table intervention add column withheld_hash text;     -- of a secret: SHA-256, and nothing in withheld
  alter table intervention add column withheld_length integer;
  alter table intervention add column mask_length integer;    -- of redact: characters that are shown instead
  alter table intervention add column latency_ms real;        -- from the delta's arrival until it was decided

  alter table run add column content_hash text;               -- of a message that was masked: SHA-256 of what was sent

  alter table turn add column continues integer;              -- characters of the turn before that it goes on from
  alter table turn add column resumable integer;              -- characters that the next turn can go on from

  create table approval (
    id integer primary key autoincrement,
    run integer not null references run (number),
    turn integer not null,              -- 0: the message itself
    kind text not null check (kind in ('message', 'answer', 'error')), -- what waits
    intervention integer not null references intervention (id),
    policy text not null,
    reason text not null,
    shown text not null,                -- what readers have of the turn
    withheld text not null,             -- what they get when it is approved
    withheld_reasoning text not null,   -- the same of the reasoning
    is_complete integer not null,       -- the model had ended
    state text not null,                -- waiting, or the decision
    created_at integer not null,
    expires_at integer,
    decided_at integer
  ) strict;
  create unique index approval_waiting on approval (run) where state = 'waiting';
  `,
  `
  create table turn_stream (            -- what the model wrote, as it came, for tests of policies
    run integer not null,
    turn integer not null,
    channel text not null,
    text text not null,                 -- with what it went on from; secrets as filler of the same length
    origin integer not null,            -- characters of it that it went on from
    resumed integer not null,           -- characters after those that were shown before a restart of the supervisor
    deltas blob not null,               -- length and time of every delta after the origin; what was resumed is one
    secrets text not null,              -- what is filler: [[from, to], ...]
    spent text not null,                -- what policies were told that was used up
    is_whole integer not null,          -- the model ended by itself and all of it was read
    primary key (run, turn, channel),
    foreign key (run, turn) references turn (run, number)
  ) strict, without rowid;

  create table run_label (              -- what a person thinks of the answer
    run integer primary key references run (number),
    label text not null check (label in ('good', 'bad')),
    note text,
    ts integer not null
  ) strict;

  alter table run add column policies text;      -- the versions that judged the message, as in turn
  alter table intervention add column hook text; -- onError or review where that objected; null: to the text, or the message
  `,
  `
  alter table chat add column is_ephemeral integer not null default 0; -- a caller's of /v1: not listed, and deleted after a while
  create index chat_ephemeral on chat (created_at) where is_ephemeral = 1;
  `,
  `
  create table review (
    id integer primary key autoincrement,
    run integer not null references run (number),
    turn integer not null,
    policy text not null,
    version text not null,
    outcome text not null,              -- passed, failed, late, left, or the action of the verdict
    ms real not null,                   -- from its beginning, waiting for slots included
    prompt_tokens integer not null,     -- of all that it asked
    completion_tokens integer not null,
    ts integer not null
  ) strict;
  create index review_run on review (run, turn);
  `,
  `
  create table swarm (
    number integer primary key autoincrement,
    id text not null unique,
    key text unique,
    request text not null,              -- JSON, as it was checked
    state text not null,                -- running, finished, failed, stopped
    result text,                        -- JSON
    error text,                         -- JSON: name, message
    first_seq integer not null,
    created_at integer not null,
    ended_at integer
  ) strict;
  create index swarm_open on swarm (state) where state = 'running';

  create table swarm_step (
    swarm integer not null references swarm (number),
    step text not null,
    position integer not null,          -- in the order in which they began
    name text not null,                 -- of the agent in the swarm
    agent text not null,
    run text,                           -- null: it could not be asked
    record text,                        -- JSON, when it has ended
    started_at integer not null,
    ended_at integer,
    primary key (swarm, step)
  ) strict, without rowid;

  alter table chat add column swarm text;                              -- of a step of this swarm: not listed
  alter table run add column origin text not null default 'interactive'; -- or swarm, benchmark
  alter table run add column system text;                              -- system prompt instead of the agent's
  alter table event add column swarm text;
  `,
  `
  alter table run add column from_agent text;                 -- of a letter: who wrote it
  alter table run add column from_run text;                   -- id of the run whose answer it was in
  alter table run add column hops integer not null default 0; -- letters in a row, this one included
  alter table run add column thread integer;                  -- number of the run that all this began with
  create unique index run_letter on run (from_run, agent) where from_run is not null;
  create index run_thread on run (thread) where thread is not null;
  `,
  `
  create table benchmark (
    number integer primary key autoincrement,
    id text not null unique,
    key text unique,
    request text not null,              -- JSON, as it was checked
    state text not null,                -- queued, running, stopping, finished, failed, stopped
    progress text,                      -- JSON: the latest
    result text,                        -- JSON
    error text,
    first_seq integer not null,
    created_at integer not null,
    started_at integer,
    ended_at integer
  ) strict;
  create index benchmark_open on benchmark (number) where ended_at is null;

  alter table event add column benchmark text;
  `,
  `
  alter table swarm add column request_hash text; -- of one whose request was masked: keyed hash of what was asked
  `,
];

/** Number of the schema that this version writes. */
export const NEWEST_SCHEMA = MIGRATIONS.length;

/** Brings a database to the newest schema. @throws when it was written by a newer version of the product */
export function migrate(database: Database): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > MIGRATIONS.length) {
    throw new Error(
      `${database.name} was written by a newer version of interject (schema ${version}); use that version.`,
    );
  }
  for (let next = version; next < MIGRATIONS.length; next++) {
    database.transaction(() => {
      database.exec(MIGRATIONS[next] ?? '');
      database.pragma(`user_version = ${next + 1}`);
    })();
  }
}
