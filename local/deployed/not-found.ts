const NOT_FOUND = /NoSuchEntity|NotFound|NonExistentQueue|QueueDoesNotExist|DoesNotExist|InvalidResourceId/;

/** What a call answers; undefined when the engine says that there is no such thing. Other errors are thrown on. */
export const orUndefined = async <Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> => {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && NOT_FOUND.test(error.name)) return undefined;
    throw error;
  }
};
