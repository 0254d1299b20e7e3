/** Makes a planned error without a stack: that would only show the timeline, and a long run has many errors. */
export const withoutStack = <Of extends Error>(make: () => Of): Of => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = make();
  Error.stackTraceLimit = stackTraceLimit;
  return error;
};
