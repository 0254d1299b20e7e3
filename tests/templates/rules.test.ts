import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseTemplate, ROOT, readTemplate, STACKS } from "./read-template";
import { dataRules } from "./rules/data";
import { houseRules } from "./rules/house";
import { machineRules } from "./rules/machines";
import { operationRules } from "./rules/operations";
import { permissionRules } from "./rules/permissions";
import { sideBySideRules } from "./rules/side-by-side";
import { webhookApiRules } from "./rules/webhook-api";

const RULES = [
  ...permissionRules,
  ...webhookApiRules,
  ...dataRules,
  ...machineRules,
  ...operationRules,
  ...houseRules,
  ...sideBySideRules,
];

describe.each(RULES)("$id: $says", ({ check, bad }) => {
  it.each(STACKS)("in %s", (stack) => {
    expect(check(readTemplate(stack))).toEqual([]);
  });

  it("S-27: and the rule refuses each of its bad examples", () => {
    expect(bad.length).toBeGreaterThan(0);
    expect(bad.filter((text) => check(parseTemplate(text)).length === 0)).toEqual([]);
  });
});

it.each(STACKS)(
  "%s has no package.json of its own, which would make SAM call npm for each function",
  (stack) => {
    expect(existsSync(join(ROOT, stack, "template.yaml"))).toBe(true);
    expect(existsSync(join(ROOT, stack, "package.json"))).toBe(false);
  },
);
