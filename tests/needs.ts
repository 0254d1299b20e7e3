/**
 * `describe` where this machine has what the tests need, otherwise a skip that prints the reason.
 *
 * @param lacking e.g. `no gpg`
 */
export const describeWith = (has: boolean, lacking: string): jest.Describe => {
  if (has) return describe;
  process.stderr.write(`skipped, because there is ${lacking}: ${expect.getState().testPath}\n`);
  return describe.skip as unknown as jest.Describe;
};
