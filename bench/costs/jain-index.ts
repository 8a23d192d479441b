/** Jain's fairness index: 1 when all have the same, 1/n when one has all. (R. Jain et al., DEC-TR-301, 1984.) */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, each) => total + each, 0);
  return sum ** 2 / (shares.length * shares.reduce((total, each) => total + each ** 2, 0));
}
