import { readEnv } from "../../../Core/env";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Provider } from "../adapters/ec2/provider";
import { EC2_VARIABLES, fleetSettings } from "./fleet-settings";
import { START_VARIABLES, startFunction } from "./start-function";

const env = readEnv(process.env, { ...START_VARIABLES, ...EC2_VARIABLES });
const ec2 = ec2Client(1);

/** Task "Start EC2 runner". Input: the order from "Look up runner". */
export const handler = startFunction("EC2", env, {
  provider: () => ec2Provider(ec2, fleetSettings(env)),
  load: ec2.load,
});
