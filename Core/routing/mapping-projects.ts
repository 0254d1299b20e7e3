/** A row as stored, as far as it may name projects. */
interface NamingRow {
  readonly pk: string;
  readonly projects?: unknown;
}

const OF_PROJECT = /^project#(\d{1,15})#/;

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/**
 * The projects that a mapping names by their ids: in the keys of their own rows, where a class allows certain ones
 * alone, and in the settings' list of served ones.
 */
export const projectsNamed = (rows: readonly NamingRow[]): readonly number[] => {
  const ids = rows.flatMap(({ pk, projects }) => [
    Number(OF_PROJECT.exec(pk)?.[1]),
    ...(Array.isArray(projects) ? projects : []),
  ]);
  return [...new Set(ids.filter(isId))].sort((one, other) => one - other);
};
