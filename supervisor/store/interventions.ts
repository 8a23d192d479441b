/** What policies and people did, with what was withheld (never served over HTTP). */
import type { Channel } from '../../policy/policy.ts';
import type { InterventionView } from '../service.ts';
import type { Database } from './database.ts';

export interface NewIntervention extends InterventionView {
  run: number;
  version: string;
  /** Characters of the turn that had been judged when the decision was made. */
  rawOffset: number;
  withheld: string;
  /** Default: text. */
  channel?: Channel | undefined;
  /** First character that was withheld or masked, in what the model wrote. */
  rawFrom?: number | undefined;
  /** Milliseconds from the delta's arrival until the decision was recorded. */
  latencyMs?: number | undefined;
  redacted?: RedactedSpan | undefined;
  /** Where it was not the message or the text that was objected to. */
  hook?: 'onError' | 'review' | undefined;
  now: number;
}

/** What only a redaction has. */
interface RedactedSpan {
  /** First character after what was masked, in what the model wrote. */
  rawTo: number;
  maskLength: number;
  /** Of a secret, of which `withheld` holds nothing: its hash, see keyed-hash.ts, and characters. */
  secret?: { hash: string; length: number } | undefined;
}

/** A redaction as recovery needs it. */
export interface RedactionRow {
  channel: Channel;
  shownOffset: number;
  maskLength: number;
  withheld: string;
  /** Null where it is in `withheld`. */
  withheldLength: number | null;
}

export type InterventionStore = ReturnType<typeof interventionStore>;

export function interventionStore(database: Database) {
  const insert = database.prepare(
    `insert into intervention (run, turn, policy, version, action, reason, shown_offset, raw_offset, withheld, ts, channel, raw_from,
       raw_to, withheld_hash, withheld_length, mask_length, latency_ms, hook)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const setCutMs = database.prepare(
    "update intervention set cut_ms = ? where id = (select min(id) from intervention where run = ? and turn = ? and action <> 'redact')",
  );
  const ofRun = database.prepare<[number], InterventionView>(
    `select policy, action, reason, turn, shown_offset as "offset" from intervention where run = ? order by id`,
  );
  const redactions = database.prepare<[number, number], RedactionRow>(
    `select channel, shown_offset as shownOffset, mask_length as maskLength, withheld, withheld_length as withheldLength
     from intervention where run = ? and turn = ? and action = 'redact' order by id`,
  );
  return {
    /** Returns its id. */
    add(row: NewIntervention): number {
      const { run, turn, policy, version, action, reason, offset, rawOffset, withheld, now } = row;
      const { channel = 'text', rawFrom, latencyMs, redacted, hook } = row;
      const { rawTo, maskLength, secret } = redacted ?? {};
      const values = [run, turn, policy, version, action, reason, offset, rawOffset, withheld, now, channel];
      const optional = [rawFrom, rawTo, secret?.hash, secret?.length, maskLength, latencyMs, hook];
      const more = optional.map((value) => value ?? null);
      return Number(insert.run(...values, ...more).lastInsertRowid);
    },
    /** Milliseconds from the agent's reading of the offending delta until its connection to the model was closed; of the first one, which cut. */
    setCutMs: (run: number, turn: number, milliseconds: number) => void setCutMs.run(milliseconds, run, turn),
    ofRun: (run: number) => ofRun.all(run),
    /** The redactions of a turn, of each channel in the order of their places. */
    redactionsOf: (run: number, turn: number) => redactions.all(run, turn),
  };
}
