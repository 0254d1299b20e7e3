import "../HelperScripts/quiet-sdk";

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { pricingClient } from "../AutoScaler/src/adapters/pricing/client";
import { awsPriceList } from "../AutoScaler/src/adapters/pricing/price-list";
import stored from "../Core/pricing/price-table.json";
import { readTemplate } from "../tests/templates/read-template";
import { priceTable } from "./price-table";

/**
 * Asks AWS's price list for the dated table, and with `--write` stores it. It needs credentials that may
 * `pricing:GetProducts`: of the regions that the project names, the types that AutoScaler allows by default and those that the table
 * has already.
 */
const ROOT = join(__dirname, "..");
const FILE = join(ROOT, "Core/pricing/price-table.json");

const { regions } = parse(readFileSync(join(ROOT, ".cfnlintrc.yaml"), "utf8")) as {
  readonly regions: readonly string[];
};
const { parameters } = readTemplate("AutoScaler");
const byDefault = ["InstanceTypesArm64", "InstanceTypesX86"].flatMap((name) =>
  String(parameters[name]?.Default).split(","),
);
const known = Object.values(stored).flatMap(({ hour }) => Object.keys(hour));

const run = async (): Promise<void> => {
  const table = await priceTable({
    regions,
    instanceTypes: [...new Set([...byDefault, ...known])].sort(),
    day: new Date().toISOString().slice(0, 10),
    listOf: (region) => awsPriceList(pricingClient(region), region),
  });
  const text = `${JSON.stringify(table, undefined, 2)}\n`;
  if (process.argv.includes("--write")) writeFileSync(FILE, text);
  else process.stdout.write(text);
};

run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
