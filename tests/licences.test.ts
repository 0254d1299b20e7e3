import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeWith } from "./needs";

/**
 * The licences of npm's packages, as the lock file tells them. What ships is under licences that ask for no more than
 * their notice; tools of the tests may also be under those that are listed with the reason.
 */
interface Entry {
  readonly license?: string;
  readonly dev?: boolean;
}

const SHIPS = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
];
/** Only for tools, and only for these packages. */
const TOOLS: Readonly<Record<string, string>> = {
  // Data about browsers, which Babel reads; it is not passed on.
  "node_modules/caniuse-lite": "CC-BY-4.0",
};

const { packages } = JSON.parse(readFileSync(join(__dirname, "../package-lock.json"), "utf8")) as {
  readonly packages: Readonly<Record<string, Entry>>;
};

/** SPDX: of alternatives one has to be allowed, of what holds together all. */
const isAllowed = (expression: string): boolean =>
  expression
    .replaceAll(/^\(|\)$/g, "")
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every((licence) => SHIPS.includes(licence)));

const refused = (all: Readonly<Record<string, Entry>>): readonly string[] =>
  Object.entries(all)
    .filter(([path, { license = "", dev }]) => !isAllowed(license) && !(dev && TOOLS[path] === license))
    .map(([path, { license }]) => `${path}: ${license ?? "no licence"}`);

it("S-21: every npm package has a licence that fits MIT", () => {
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(refused(packages)).toEqual([]);
});

it("S-21: the list of exceptions holds nothing that is gone", () => {
  expect(Object.keys(TOOLS).filter((path) => packages[path]?.license !== TOOLS[path])).toEqual([]);
});

/** Python's packages are tools of the laptop and of the tests, programs of their own; none is passed on. */
const PYTHON_FITS = /\b(?:Apache|BSD|ISC|MIT|MPL-2\.0|PSF|Python Software Foundation)\b/;
const PYTHON_TOOLS: Readonly<Record<string, string>> = {
  cookiecutter: "BSD-3-Clause, which its metadata does not say",
  "python-gitlab": "LGPL: the tests run it as another client of GitLab",
  "text-unidecode": "Artistic License, one of the two that it offers",
  unidecode: "GPL: python-gitlab's companions use it, in a process of its own",
};

const LICENCE = /^(?:License-Expression|License|Classifier: License ::)(?::| ).*$/gm;
const field = (metadata: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, "m").exec(metadata)?.[1] ?? "";

const pythonRefused = (metadata: string): boolean => {
  const licences = metadata.split("\n\n", 1)[0]?.match(LICENCE)?.join() ?? "";
  if (/GPL/.test(licences) || !PYTHON_FITS.test(licences))
    return PYTHON_TOOLS[field(metadata, "Name").toLowerCase()] === undefined;
  return false;
};

const LOCAL = join(__dirname, "../.local");
const below = (folder: string, name: RegExp): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder).flatMap((entry) => (name.test(entry) ? [join(folder, entry)] : []))
    : [];
const metadataOf = (environment: string): readonly string[] =>
  below(join(LOCAL, environment, "lib"), /^python3/)
    .flatMap((python) => below(join(python, "site-packages"), /\.dist-info$/))
    .map((folder) => readFileSync(join(folder, "METADATA"), "utf8"));
const installed = ["venv", "clients-venv", "moto-venv"].flatMap(metadataOf);

describeWith(installed.length > 0, "no Python environment")("Python's packages", () => {
  it("S-21: are under licences that fit, or on the list with the reason", () => {
    expect(installed.filter(pythonRefused).map((metadata) => field(metadata, "Name"))).toEqual([]);
  });
});

it("S-27: refuses a Python package under the GPL, or under none", () => {
  expect(pythonRefused("Name: a\nLicense-Expression: MIT\n\nGPL")).toBe(false);
  for (const licence of [
    "License: GPL",
    "Classifier: License :: OSI Approved :: GPLv3, not MIT",
    "Author: MIT",
  ])
    expect(pythonRefused(`Name: a\n${licence}\n\nMIT`)).toBe(true);
});

it.each<[string, Entry]>([
  ["none", {}],
  ["GPL-3.0-only", { license: "GPL-3.0-only" }],
  ["a licence of its own", { license: "SEE LICENSE IN LICENSE", dev: true }],
  ["one of two that hold together", { license: "(MIT AND LGPL-2.1-only)" }],
  ["a tool's, in what ships", { license: "CC-BY-4.0" }],
])("S-27: refuses %s", (_, entry) => {
  expect(refused({ "node_modules/caniuse-lite": entry })).toHaveLength(1);
});
