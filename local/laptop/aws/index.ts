import type { RunFolder } from "../run-folder";
import { useAnotherEmulator } from "./another-emulator";
import type { Aws, AwsSettings } from "./aws";
import { startOwnAws } from "./own-aws";

export type { Aws, AwsSettings, RefusedCall } from "./aws";

/** Starts what plays AWS, or uses the emulator in `AWS_ENDPOINT_URL`. */
export const startAws = (run: RunFolder, settings: AwsSettings): Promise<Aws> => {
  const existing = process.env.AWS_ENDPOINT_URL;
  return existing ? useAnotherEmulator(existing, settings) : startOwnAws(run, settings);
};
