/**
 * Maximum bipartite matching by augmenting paths. Earlier elements are matched before later ones.
 *
 * @param mayHave the possible partners of each element
 * @returns indexes of the elements that have a partner
 */
export const matched = <Partner>(mayHave: readonly (readonly Partner[])[]): readonly number[] => {
  const takenBy = new Map<Partner, number>();
  const find = (index: number, tried: Set<Partner>): boolean =>
    (mayHave[index] ?? []).some((partner) => {
      if (tried.has(partner)) return false;
      tried.add(partner);
      const other = takenBy.get(partner);
      if (other !== undefined && !find(other, tried)) return false;
      takenBy.set(partner, index);
      return true;
    });
  return [...mayHave.keys()].filter((index) => find(index, new Set()));
};
