/**
 * What model servers have shown of themselves by what they count and refuse. The scale of token estimates is kept as long as this
 * process lives; the rest until the server has been away, since it may come back with other settings. Nothing of it is stored.
 */
import type { RoleAbilities } from './roles.ts';
import { learnedScale } from './token-estimate.ts';

/** What is learned is about one model on one backend. */
export interface ModelServer {
  backend: string;
  model: string;
}

export interface SinceUp {
  /** Context in tokens, as it said when it refused a prompt. */
  context?: number;
  /** Tokens, as they were estimated, of the shortest prompt that it refused without saying how many it takes. */
  refusedAt?: number;
  /** Roles that its template takes, as it showed when it refused a prompt. */
  roles?: RoleAbilities;
  /** It refused to go on with an answer. */
  isContinuationRefused?: boolean;
  /** People were told that roles are mapped. */
  isMappingTold?: boolean;
}

export class Learned {
  readonly #timesUp: (backend: string) => number;
  readonly #scales = new Map<string, number>();
  readonly #sinceUp = new Map<string, { timesUp: number; facts: SinceUp }>();

  /** @param timesUp how often a backend has come up */
  constructor(timesUp: (backend: string) => number) {
    this.#timesUp = timesUp;
  }

  /** Tokens that the server counts for one that is estimated. */
  scale(server: ModelServer): number {
    return this.#scales.get(keyOf(server)) ?? 1;
  }

  /** The server has counted a prompt that was estimated as `rough` tokens. */
  counted(server: ModelServer, rough: number, tokens: number): void {
    this.#scales.set(keyOf(server), learnedScale(this.scale(server), rough, tokens));
  }

  /** To be read and added to. */
  sinceUp(server: ModelServer): SinceUp {
    const timesUp = this.#timesUp(server.backend);
    const known = this.#sinceUp.get(keyOf(server));
    if (known?.timesUp === timesUp) return known.facts;
    const facts: SinceUp = {};
    this.#sinceUp.set(keyOf(server), { timesUp, facts });
    return facts;
  }
}

function keyOf({ backend, model }: ModelServer): string {
  return `${backend}/${model}`;
}
