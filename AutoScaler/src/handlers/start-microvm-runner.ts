import { readEnv } from "../../../Core/env";
import { microVmClient } from "../adapters/microvm/client";
import { microVmProvider } from "../adapters/microvm/provider";
import { publishedImages } from "../adapters/ssm/microvm-images";
import { machine, timeout } from "./machine";
import { START_VARIABLES, startFunction } from "./start-function";
import { ssm } from "./wiring";

const env = readEnv(process.env, START_VARIABLES);
const client = microVmClient(1);

/** Task "Start MicroVM runner". Input: the order from "Look up runner". */
export const handler = startFunction("MICROVM", env, {
  provider: (rows) => microVmProvider({ ...machine, client, rows }),
  microVmImages: publishedImages(ssm, env.path, timeout),
  load: client.load,
});
