/** An error as AWS's clients throw it: told from others by its name. */
export class NamedError extends Error {
  constructor(
    override readonly name: string,
    message = name,
  ) {
    super(message);
  }
}
