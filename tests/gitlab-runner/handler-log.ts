/** Keeps the handler's log off the terminal, until `jest.restoreAllMocks`. */
export const muteLog = (): void => void jest.spyOn(process.stdout, "write").mockReturnValue(true);

/** What was logged since `muteLog`. */
export const mutedLog = (): string =>
  jest
    .mocked(process.stdout.write)
    .mock.calls.map(([text]) => text)
    .join("");
