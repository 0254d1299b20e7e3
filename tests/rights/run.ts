/**
 * Takes each right of each role away in turn, while the laptop runs, and goes a path that used it.
 *
 *   npm run rights [-- --role FindRunner --role LookUpRunner]     only of roles whose names contain one of these
 */
import "../../HelperScripts/quiet-sdk";

import { parseArgs } from "node:util";
import { openLaptop, type TestLaptop } from "../end-to-end/engine";
import { nameOf, roleName } from "./role-right";
import { goWithoutEach, pathsOf, usesOf } from "./take-right";
import { whyItStays } from "./unused";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** @returns the number of rights that are missed by nobody, or whose want nobody named */
const takeEach = async (test: TestLaptop, roles: readonly string[]): Promise<number> => {
  const rights = (await test.laptop.aws.allRights()).filter(({ roleArn }) =>
    roles.some((role) => roleName(roleArn).includes(role)),
  );
  if (rights.length === 0) throw new Error(`No role's name contains ${roles.join(" or ")}`);
  say(`Going every path with all rights, to take ${rights.length} …`);
  const uses = await usesOf(test);
  let wrong = 0;
  for (const right of rights) {
    const paths = pathsOf(uses, right);
    const reason = paths.length === 0 ? whyItStays(right) : undefined;
    if (reason !== undefined) {
      say(`stays   ${nameOf(right)}: ${reason}`);
      continue;
    }
    const outcome = await goWithoutEach(test, right, paths);
    const spared = outcome.kind === "not-missed" ? whyItStays(right) : undefined;
    if (spared !== undefined) {
      say(`stays   ${nameOf(right)}: ${spared}`);
      continue;
    }
    const where = outcome.path?.name ?? "no path";
    if (outcome.kind === "named") say(`needed  ${nameOf(right)}, for ${where}`);
    if (outcome.kind === "not-missed")
      say(`UNUSED  ${nameOf(right)}${outcome.path ? `: ${where} does without it` : ""}`);
    if (outcome.kind === "unnamed") say(`UNNAMED ${nameOf(right)}: ${where}: ${outcome.why}`);
    if (outcome.kind !== "named") wrong += 1;
  }
  return wrong;
};

const main = async (): Promise<void> => {
  const { role } = parseArgs({ options: { role: { type: "string", multiple: true, default: [""] } } }).values;
  const test = await openLaptop({ log: say });
  try {
    const wrong = await takeEach(test, role);
    say(
      wrong === 0
        ? "Every right is needed, or listed with a reason."
        : `${wrong} rights are to be looked at.`,
    );
    process.exitCode = wrong === 0 ? 0 : 1;
  } finally {
    await test.laptop.close();
  }
};

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
