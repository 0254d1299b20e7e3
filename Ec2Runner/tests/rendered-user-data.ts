import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fillIn } from "../../scripts/user-data/template-block";

/** The shell file as it is shipped. */
export const USER_DATA = readFileSync(join(__dirname, "../user-data.sh"), "utf8");

export const ROLE_ID = "AROAEXAMPLERUNNERROLE";
export const TABLE = "bootstrap";

/** The user data as a machine gets it. */
export const renderedUserData = (maximumLifetimeSeconds = 3_600): string => {
  const values: Readonly<Record<string, string>> = {
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
    "BootstrapTableNameParameter.Value": TABLE,
    "RunnerInstanceRole.RoleId": ROLE_ID,
    Ec2MaximumLifetimeSeconds: String(maximumLifetimeSeconds),
  };
  return fillIn(USER_DATA, (name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`No value for ${name}`);
    return value;
  });
};
