/**
 * Which of some have a partner of their own among others in a largest matching, by augmenting paths; the first of them
 * before the rest.
 *
 * @param mayHave the partners that each of the some may have
 * @returns their indexes
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
