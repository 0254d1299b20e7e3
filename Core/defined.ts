/** The fields of an object that may be there: a key whose value is undefined is left out. */
export type Defined<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/**
 * Leaves out the keys whose value is undefined, so that an optional field is either there with a value or not
 * there at all. A loop for speed: Object.fromEntries takes twice as long.
 */
export const defined = <Fields extends object>(fields: Fields): Defined<Fields> => {
  const left: Defined<Fields> = {};
  for (const key in fields) {
    if (fields[key] !== undefined) left[key] = fields[key] as Defined<Fields>[typeof key];
  }
  return left;
};
