import { ConfigurationError } from "./errors";

/**
 * Reads the named environment variables, all or nothing.
 *
 * @param names field → variable, e.g. `{ ledgerTable: "LEDGER_TABLE" }`
 * @throws ConfigurationError naming every variable that is missing or empty
 */
export const readEnv = <Field extends string>(
  env: Record<string, string | undefined>,
  names: Record<Field, string>,
): Record<Field, string> => {
  const entries = Object.entries<string>(names);
  const missing = entries.filter(([, name]) => !env[name]).map(([, name]) => name);
  if (missing.length > 0) {
    throw new ConfigurationError(
      `The function lacks the environment variables ${missing.join(", ")}: deploy its stack again`,
    );
  }
  return Object.fromEntries(entries.map(([field, name]) => [field, env[name]])) as Record<Field, string>;
};
