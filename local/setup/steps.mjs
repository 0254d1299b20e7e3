import { spawn } from "node:child_process";

const KEPT_LINES = 30;

/**
 * Runs a command and keeps its last lines for the error message.
 *
 * @returns {Promise<void>}
 * @throws Error with the command's last lines
 */
export const run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const lines = [];
    const keep = (chunk) => {
      lines.push(...chunk.toString().split("\n").filter(Boolean));
      lines.splice(0, Math.max(0, lines.length - KEPT_LINES));
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(" ")} failed (${code}):\n${lines.join("\n")}`));
    });
  });

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

/**
 * Runs one step and shows its progress on stderr: a line at its start and its end, and every ten seconds
 * the time so far.
 */
export const step = async (title, work) => {
  const since = Date.now();
  process.stderr.write(`  ${title} …\n`);
  const beat = setInterval(() => process.stderr.write(`  ${title} … ${seconds(since)} so far\n`), 10_000);
  try {
    await work();
    process.stderr.write(`  ${title}: done in ${seconds(since)}\n`);
  } finally {
    clearInterval(beat);
  }
};
