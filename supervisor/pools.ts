/**
 * Pools: model servers that stand under one name, any of which can be asked. Also says which servers share their slots in the end: what
 * is in one pool, or on one GPU, is shared as one thing. Pure.
 */

/** Names of backends by the name of a pool. */
export type PoolConfiguration = Readonly<Record<string, readonly string[]>>;

/** The backends that a name stands for: those of a pool, else the backend of that name alone. */
export function membersOf(pools: PoolConfiguration, name: string): readonly string[] {
  return (Object.hasOwn(pools, name) ? pools[name] : undefined) ?? [name];
}

export class Pools {
  readonly #members: ReadonlyMap<string, readonly string[]>;
  readonly #resources = new Map<string, string>();

  /** What a pool names exists, and no pool has the name of a backend: stack/references.ts checks it. */
  constructor(backends: readonly { name: string; gpuGroup?: string | undefined }[], pools: PoolConfiguration = {}) {
    this.#members = new Map(Object.entries(pools));
    for (const { name } of backends) this.#resources.set(name, name);
    for (const group of new Set(backends.flatMap(({ gpuGroup }) => gpuGroup ?? []))) {
      this.#join(backends.flatMap(({ name, gpuGroup }) => (gpuGroup === group ? name : [])));
    }
    for (const members of this.#members.values()) this.#join(members);
  }

  /** In the order of the configuration. */
  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** The backends that a name stands for: those of a pool, else the backend of that name alone. */
  membersOf(name: string): readonly string[] {
    return this.#members.get(name) ?? [name];
  }

  /** What slots of this backend or pool are shared in. The same for all that are in one pool or on one GPU, over several steps too. */
  resourceOf(name: string): string {
    const [first = name] = this.membersOf(name);
    return this.#resources.get(first) ?? first;
  }

  #join(names: readonly string[]): void {
    const [resource, ...others] = names.map((name) => this.resourceOf(name));
    if (resource === undefined) return;
    for (const [name, known] of this.#resources) if (others.includes(known)) this.#resources.set(name, resource);
  }
}
