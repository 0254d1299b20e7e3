export { duration, moment } from "../../Core/model/time-words";

/** An amount in USD with as many digits as it needs; unknown is said. */
export const dollars = (amount: number | undefined): string => {
  if (amount === undefined) return "unknown";
  if (amount === 0) return "$0";
  return `$${amount >= 1 ? amount.toFixed(2) : amount.toPrecision(3)}`;
};

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
