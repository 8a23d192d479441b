/**
 * Everything that is kept, behind one door. All calls are synchronous and belong to one connection of one process, the
 * supervisor: it is the only writer.
 */
import { type ApprovalStore, approvalStore } from './approvals.ts';
import { type BenchmarkStore, benchmarkStore } from './benchmarks.ts';
import { type Database, openDatabase } from './database.ts';
import { type EphemeralStore, ephemeralStore } from './ephemeral.ts';
import { type EventLog, eventLog } from './event-log.ts';
import { type HistoryStore, historyStore } from './history.ts';
import { type InterventionStore, interventionStore } from './interventions.ts';
import { type LabelStore, labelStore } from './labels.ts';
import { type LetterStore, letterStore } from './letters.ts';
import { type MeasureStore, measureStore } from './measures.ts';
import { type OffenceStore, offenceStore } from './offences.ts';
import { type ReviewStore, reviewStore } from './reviews.ts';
import { type RunStore, runStore } from './runs.ts';
import { migrate } from './schema.ts';
import { type StreamStore, streamStore } from './streams.ts';
import { type SwarmStore, swarmStore } from './swarms.ts';
import { type TurnStore, turnStore } from './turns.ts';

/** `full` also survives a power loss, at some milliseconds a commit. */
export type Durability = 'normal' | 'full';

export interface Store {
  readonly runs: RunStore;
  readonly turns: TurnStore;
  readonly history: HistoryStore;
  readonly interventions: InterventionStore;
  readonly approvals: ApprovalStore;
  readonly reviews: ReviewStore;
  readonly events: EventLog;
  readonly offences: OffenceStore;
  readonly ephemeral: EphemeralStore;
  readonly measures: MeasureStore;
  readonly streams: StreamStore;
  readonly labels: LabelStore;
  readonly letters: LetterStore;
  readonly swarms: SwarmStore;
  readonly benchmarks: BenchmarkStore;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Writes something that changes nothing, to see whether it can. */
  touch(): void;
  close(): void;
}

/** Opens the database and brings it to the newest schema. @throws when it cannot be opened or is newer than this version */
export function openStore(path: string, durability: Durability): Store {
  const database = openMigrated(path, durability);
  const begin = database.prepare('begin immediate');
  const commit = database.prepare('commit');
  return {
    runs: runStore(database),
    turns: turnStore(database),
    history: historyStore(database),
    interventions: interventionStore(database),
    approvals: approvalStore(database),
    reviews: reviewStore(database),
    events: eventLog(database),
    offences: offenceStore(database),
    ephemeral: ephemeralStore(database),
    measures: measureStore(database),
    streams: streamStore(database),
    labels: labelStore(database),
    letters: letterStore(database),
    swarms: swarmStore(database),
    benchmarks: benchmarkStore(database),
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback: () => {
      if (database.inTransaction) database.exec('rollback');
    },
    touch: () => void database.pragma(`user_version = ${database.pragma('user_version', { simple: true })}`),
    close: () => database.close(),
  };
}

function openMigrated(path: string, durability: Durability): Database {
  const database = openDatabase(path);
  try {
    database.pragma('journal_mode = wal');
    database.pragma(`synchronous = ${durability}`);
    database.pragma('wal_autocheckpoint = 0');
    // What is masked or deleted is overwritten; without it, it stays readable in the file.
    database.pragma('secure_delete = on');
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
