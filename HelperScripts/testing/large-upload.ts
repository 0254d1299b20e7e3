/**
 * Uploads a mapping of ten thousand rows to doubles and writes what it held as JSON. A program of its own, since what
 * other tests of a process leave behind is freed at any time. Needs `--expose-gc`.
 */
import { DeploymentDouble, functionArn } from "./deployment-double";

const FILE = "mapping.json";
const ROWS = 10_000;
/** Of 203 writes: nearly all is written. */
const MEASURED_AT = 200;

const jobs = Array.from({ length: ROWS }, (_, index) => ({
  type: "LAMBDA",
  name: `job ${index}`,
  tags: ["t"],
  lambdaArn: functionArn("runner"),
}));

const world = new DeploymentDouble();
world.files.set(FILE, JSON.stringify({ jobs }, undefined, 2));

/** What is reachable, without what the double has noted of calls. */
const liveHeapMiB = (): number => {
  for (const call of world.calls) Object.assign(call, { input: {} });
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1_048_576;
};

const main = async (): Promise<void> => {
  const beforeMiB = liveHeapMiB();
  let heldMiB = 0;
  world.before = () => {
    world.now += 20;
    if (world.writes().length === MEASURED_AT) heldMiB = liveHeapMiB() - beforeMiB;
  };
  const { exitCode, console } = await world.run(["mapping", "upload", FILE, "--yes"], { isTerminal: true });
  const writes = world.writes().length;
  process.stdout.write(JSON.stringify({ exitCode, bars: console.bars, writes, heldMiB }));
};

void main();
