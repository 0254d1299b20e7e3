// As Core/process/no-inspector.ts, for what runs before TypeScript can be loaded.
process.on("SIGUSR1", () => {});
