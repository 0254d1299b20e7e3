import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assembleUserData } from "../../scripts/user-data/assemble";
import { fillIn } from "../../scripts/user-data/template-block";

const ROOT = join(__dirname, "../..");

/** The user data as it is shipped: in one piece, with CloudFormation's names. */
export const USER_DATA = assembleUserData((path) => readFileSync(join(ROOT, path), "utf8"));

export const ROLE_ID = "AROAEXAMPLERUNNERROLE";
export const LOG_GROUP = "ec2-runners";
export const TABLE = "bootstrap";

/** The user data as a machine gets it. */
export const renderedUserData = (maximumLifetimeSeconds = 3_600): string => {
  const values: Readonly<Record<string, string>> = {
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
    "BootstrapTableNameParameter.Value": TABLE,
    "RunnerInstanceRole.RoleId": ROLE_ID,
    RunnerInstanceLogGroup: LOG_GROUP,
    Ec2MaximumLifetimeSeconds: String(maximumLifetimeSeconds),
  };
  return fillIn(USER_DATA, (name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`No value for ${name}`);
    return value;
  });
};
