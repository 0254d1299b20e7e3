/**
 * Import this before anything else. Without a listener Node.js opens its inspector on SIGUSR1. Through it any
 * process that may send the signal (a job of the same user) can run code in this process and read its memory.
 * `--disable-sigusr1` prevents this from the first moment on, in Node.js 22.14 and later.
 * https://nodejs.org/api/process.html#signal-events
 */
process.on("SIGUSR1", () => {});
