import { loadLater } from "../adapters/load-later";
import { systemClock } from "../adapters/system-clock";
import type { FindCollector } from "./sending-metrics";

/** For a handler that reads no configuration. In a file of its own: the others are spared a part of their bundles. */
export const collectorLater = (path: string): FindCollector => {
  const stored = loadLater("Parameter Store", async () =>
    (await import("../adapters/ssm/stored-collector")).storedCollector(path, systemClock),
  );
  return async () => (await stored.get())();
};
