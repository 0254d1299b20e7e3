/**
 * Import this before anything else. Without a listener Node.js answers SIGUSR1 by opening its inspector, through which
 * whoever may send a signal (a job of the same user) runs code in this process and reads all that it holds.
 * `--disable-sigusr1` does the same from the first moment on, where Node.js has it (22.14 and later).
 * https://nodejs.org/api/process.html#signal-events
 */
process.on("SIGUSR1", () => {});
