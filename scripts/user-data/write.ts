import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { assembleUserData } from "./assemble";
import { withUserData } from "./template-block";

const ROOT = resolve(__dirname, "../..");
const TEMPLATE = resolve(ROOT, "AutoScaler/template.yaml");

/** Writes Ec2Runner/user-data.sh into AutoScaler's template, with the files that it sources and the Lambda runner's pins. */
export const writeUserData = (): void => {
  const script = assembleUserData((path) => readFileSync(resolve(ROOT, path), "utf8"));
  writeFileSync(TEMPLATE, withUserData(readFileSync(TEMPLATE, "utf8"), script));
};
