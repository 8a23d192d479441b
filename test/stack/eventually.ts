/** For what nobody tells of: asks until something is there. */
import { until } from '../proof/until.ts';

/** The first result that is not undefined or false; what is thrown while looking counts as neither. @throws Error after a minute */
export function eventually<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  return until(String(look), look);
}
