import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ReadPath } from "../../deployed";
import type { ImageVersion } from "../images";
import type { MicroVm } from "../microvm";
import type { BootedMachine } from "../microvms";
import { callHook, type MachineSettings, startMachine } from "./machine";
import { buildReadyState, type ReadyState } from "./ready-state";
import { followConsole, type VmLog } from "./vm-log";

/** How the hook is called: https://docs.aws.amazon.com/lambda/latest/dg/microvms-images.html */
const bodyOf = ({ microvmId, runHookPayload }: MicroVm): string =>
  JSON.stringify({ microvmId, runHookPayload });

const callRun = async (vm: MicroVm, socketPath: string, seconds: number): Promise<void> => {
  const status = await callHook(socketPath, "run", bodyOf(vm), seconds).catch(
    (error: Error) => error.message,
  );
  if (status !== 200) throw new Error(`Run lifecycle hook returned HTTP status ${status}`);
};

const POLL_MS = 20;

/** The program's first moments, which a snapshot has behind it. */
const untilServed = async (socketPath: string): Promise<void> => {
  for (const until = Date.now() + 30_000; Date.now() < until; ) {
    if (
      await callHook(socketPath, "ready").then(
        (status) => status === 200,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("The image's program did not start");
};

/** The states of images, each built once. */
export const readyStates = (
  settings: MachineSettings,
  readPath: ReadPath,
): ((image: ImageVersion) => Promise<ReadyState>) => {
  const states = new Map<string, Promise<ReadyState>>();
  return (image) => {
    const key = `${image.imageArn} ${image.imageVersion}`;
    const building =
      states.get(key) ??
      readPath("s3", image.codePath).then((archive) => buildReadyState(image, archive, settings));
    states.set(key, building);
    building.catch(() => states.delete(key));
    return building;
  };
};

/** Boots MicroVMs as copies of their image's state, which is made at its first use. */
export const bootFromSnapshot = (
  settings: MachineSettings,
  stateOf: (image: ImageVersion) => Promise<ReadyState>,
  imageOf: (vm: MicroVm) => Promise<ImageVersion>,
  openLog: (vm: MicroVm) => VmLog | undefined,
): ((vm: MicroVm) => Promise<BootedMachine>) => {
  return async (vm) => {
    const image = await imageOf(vm);
    const { folder, seed } = await stateOf(image);
    const root = join(settings.folder, vm.microvmId.slice(-12));
    cpSync(folder, root, { recursive: true, verbatimSymlinks: true });
    const machine = await startMachine(root, seed, settings);
    let console = "";
    const log = openLog(vm);
    // What cannot be written there is on the laptop's console all the same.
    const stopLog = log && followConsole(machine.readConsoleFrom, log, () => undefined);
    return {
      suspend: machine.suspend,
      resume: machine.resume,
      run: async () => {
        await untilServed(machine.socketPath);
        await callRun(vm, machine.socketPath, image.runTimeoutSeconds);
      },
      end: async () => {
        await machine.end();
        await stopLog?.();
        console = machine.readConsole();
        rmSync(root, { recursive: true, force: true, maxRetries: 3 });
      },
      readConsole: () => console || machine.readConsole(),
    };
  };
};
