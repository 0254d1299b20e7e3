/**
 * `describe` for what this machine can show, else a skip that says why.
 *
 * @param lacking e.g. `no gpg`
 */
export const describeWith = (has: boolean, lacking: string): jest.Describe => {
  if (has) return describe;
  process.stderr.write(`skipped, because there is ${lacking}: ${expect.getState().testPath}\n`);
  return describe.skip as unknown as jest.Describe;
};
