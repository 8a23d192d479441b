/**
 * Policies that hung or brought the supervisor down, by version. The second offence of a version is its quarantine; one while it was
 * loaded counts for two, because it would be loaded again at once and everybody's streams stand still meanwhile.
 */
import type { Database } from './database.ts';

const OFFENCES_TO_QUARANTINE = 2;

export type OffenceStore = ReturnType<typeof offenceStore>;

export function offenceStore(database: Database) {
  const count = database.prepare(
    `insert into policy_offence (policy, version, offences) values (?, ?, ?)
     on conflict do update set offences = offences + excluded.offences`,
  );
  const quarantine = database.prepare(
    `update policy_offence set quarantined_at = ? where policy = ? and version = ?
     and offences >= ${OFFENCES_TO_QUARANTINE} and quarantined_at is null`,
  );
  const quarantined = database.prepare<[], { policy: string; version: string }>(
    'select policy, version from policy_offence where quarantined_at is not null',
  );
  const forget = database.prepare('delete from policy_offence where policy = ? and version = ?');
  // Asked for every run: read once, and again after a change.
  let known = read();

  function read(): Set<string> {
    return new Set(quarantined.all().map(({ policy, version }) => `${policy}@${version}`));
  }

  return {
    count(policy: string, version: string, now: number, isLoading = false): void {
      count.run(policy, version, isLoading ? OFFENCES_TO_QUARANTINE : 1);
      quarantine.run(now, policy, version);
      known = read();
    },
    /** Forgets what a version is charged with: its quarantine is over, and it may offend anew. */
    release(policy: string, version: string): void {
      forget.run(policy, version);
      known = read();
    },
    isQuarantined: (policy: string, version: string) => known.has(`${policy}@${version}`),
  };
}
