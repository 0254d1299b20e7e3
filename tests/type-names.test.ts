import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** No two files export types of the same name. */

const ROOT = join(__dirname, "..");
const FOLDERS = [
  "AutoScaler",
  "Core",
  "HelperScripts",
  "Infrastructure",
  "LambdaShellRunner",
  "bench",
  "local",
  "tests",
];

const EXPORTED = /^export (?:declare )?(?:abstract )?(?:type|interface|class|enum) (\w+)/gm;

const namesIn = (text: string): string[] => [...text.matchAll(EXPORTED)].map(([, name]) => name ?? "");

/** Names that more than one text exports. */
const shared = (texts: readonly string[]): string[] => {
  const names = texts.flatMap((text) => [...new Set(namesIn(text))]);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
};

const isSource = (name: string): boolean => name.endsWith(".ts") && !/(^|\/)(node_modules|dist)\//.test(name);

const textsOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter(isSource)
    .map((name) => readFileSync(join(ROOT, folder, name), "utf8"));

it("finds a name that two files export, in each form of an export", () => {
  const one = "export interface Shape {}\nexport type Own = 1;";
  expect(shared([one, "export type Shape = 1;"])).toEqual(["Shape"]);
  expect(shared([one, "export abstract class Shape {}"])).toEqual(["Shape"]);
  expect(shared([one, "interface Shape {}\nexport const Own = 1;"])).toEqual([]);
  expect(shared([`${one}\n${one}`])).toEqual([]);
});

it("no two files export types of the same name", () => {
  expect(shared(FOLDERS.flatMap(textsOf))).toEqual([]);
});
