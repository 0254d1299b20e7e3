// `node local/setup/command.mjs`: sets the clone up and does nothing more, for a program that needs what is installed.
import { setUp } from "./set-up.mjs";

try {
  await setUp();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
