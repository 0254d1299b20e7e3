/** An error that the world means: its stack would only show the timeline, and a long story has many. */
export const withoutStack = <Of extends Error>(make: () => Of): Of => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = make();
  Error.stackTraceLimit = stackTraceLimit;
  return error;
};
