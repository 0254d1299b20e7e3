import type { AccountLimits, LimitKey } from "./account-limits";

/** A limit and how often something was refused because of it. */
export interface MetLimit {
  readonly name: string;
  readonly value: number;
  readonly refused: number;
}

/** The limits of a laptop's account, with a count of what they refused. */
export interface MetLimits {
  readonly limits: AccountLimits;
  met(key: LimitKey): void;
  /** Those that refused something. */
  list(): readonly MetLimit[];
}

export const metLimits = (limits: AccountLimits): MetLimits => {
  const counts = new Map<LimitKey, number>();
  return {
    limits,
    met: (key) => void counts.set(key, (counts.get(key) ?? 0) + 1),
    list: () =>
      [...counts].map(([key, refused]) => ({ name: limits[key].name, value: limits[key].value, refused })),
  };
};
