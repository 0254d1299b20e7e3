/** What JSON gave and nobody has checked yet: fields by name. */
export type Fields = Readonly<Record<string, unknown>>;
