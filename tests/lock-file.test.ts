import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The lock file has to work on every machine: `npm ci` on another platform, with the oldest supported Node, and
 * from the public registry only.
 */

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly deprecated?: string;
  readonly engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, Entry>>;

const { packages } = JSON.parse(readFileSync(join(__dirname, "../package-lock.json"), "utf8")) as {
  readonly packages: Packages;
};
const entries = Object.entries(packages).filter(([path]) => path !== "");
const nameOf = (path: string): string => path.replace(/^.*node_modules\//, "");

const OLDEST = [20, 19, 0] as const;

const compare = (one: readonly number[], other: readonly number[]): number =>
  [0, 1, 2].map((at) => (one[at] ?? 0) - (other[at] ?? 0)).find((difference) => difference !== 0) ?? 0;

/** Whether one comparator of a range, such as `>=20.19` or `^20.9.0`, accepts a version. */
const takes = (comparison: string, version: readonly number[]): boolean => {
  const [, operator = "", numbers = ""] = /^(>=|<=|>|<|\^|~|=)?\s*v?([\d.xX*]+)/.exec(comparison) ?? [];
  if (numbers === "" || /^[xX*]/.test(numbers)) return true;
  const given = numbers
    .split(".")
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
  const difference = compare(version, given);
  if (operator === ">=") return difference >= 0;
  if (operator === ">") return difference > 0;
  if (operator === "<") return difference < 0;
  if (operator === "<=") return difference <= 0;
  const fixed = operator === "^" ? 1 : operator === "~" ? 2 : given.length;
  return difference >= 0 && given.slice(0, fixed).every((part, at) => part === version[at]);
};

/** Whether a package's `engines.node` accepts a version; supports the ranges that occur in the lock file. */
const accepts = (range: string, version: readonly number[]): boolean =>
  range
    .replace(/(>=|<=|>|<|\^|~|=)\s+/g, "$1")
    .split("||")
    .some((part) =>
      part
        .trim()
        .split(/\s+/)
        .every((comparison) => takes(comparison, version)),
    );

const missingOptionals = (all: Packages): readonly string[] => {
  const present = new Set(Object.keys(all).map(nameOf));
  return Object.values(all)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !present.has(name));
};

/** An address in the lock file would bind everybody to it: without one npm asks its configured registry. */
const foreign = (all: readonly (readonly [string, Entry])[]): readonly string[] =>
  all.filter(([, { resolved, link }]) => link || resolved !== undefined).map(([path]) => path);

describe("package-lock.json", () => {
  it("names the optional packages of every platform, so that npm ci succeeds on all of them", () => {
    expect(missingOptionals(packages)).toEqual([]);
  });

  it("S-20 T-24: takes packages by name from the registry only, each with its hash", () => {
    expect(foreign(entries)).toEqual([]);
    const unhashed = entries.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"));
    expect(unhashed.map(([path]) => path)).toEqual([]);
  });

  it("has only packages that accept Node 20.19", () => {
    const refusing = entries.filter(([, { engines }]) => !accepts(engines?.node ?? "*", OLDEST));
    expect(refusing.map(([path]) => nameOf(path))).toEqual([]);
  });

  it("has no deprecated package", () => {
    expect(entries.filter(([, { deprecated }]) => deprecated !== undefined).map(([path]) => path)).toEqual(
      [],
    );
  });

  it("S-27: would fail for a missing platform, another registry, and a package that needs a newer Node", () => {
    const bad = { "node_modules/a": { optionalDependencies: { "a-darwin": "1.0.0" } } };
    expect(missingOptionals(bad)).toEqual(["a-darwin"]);
    for (const entry of [
      { resolved: "https://registry.example.com/a.tgz" },
      { resolved: "git+ssh://x" },
      { link: true },
    ])
      expect(foreign([["node_modules/a", entry]])).toEqual(["node_modules/a"]);
    for (const range of [">=22", "^22.12.0 || >=24", ">= 20.20", "20.18.x", "^18.0.0", "18 || 22"])
      expect([range, accepts(range, OLDEST)]).toEqual([range, false]);
    for (const range of [
      "*",
      ">=20.19",
      "^18.0.0 || ^20.9.0 || >=21",
      ">= 18",
      "20 || >=22",
      ">=14 <21",
      "20.x",
    ])
      expect([range, accepts(range, OLDEST)]).toEqual([range, true]);
  });
});
