import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { withUserData } from "./user-data/template-block";

/** `npm run user-data`: writes Ec2Runner/user-data.sh into AutoScaler's template. */
const SCRIPT = resolve(__dirname, "../Ec2Runner/user-data.sh");
const TEMPLATE = resolve(__dirname, "../AutoScaler/template.yaml");

writeFileSync(TEMPLATE, withUserData(readFileSync(TEMPLATE, "utf8"), readFileSync(SCRIPT, "utf8")));
