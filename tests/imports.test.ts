import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize } from "node:path";

/**
 * Who may import what. A stack imports itself and Core, the operator's command line Core alone, and inside
 * AutoScaler handlers → domain → ports ← adapters. Each rule judges a file by its path and its text, and is shown
 * to bite on a bad example below. Where folders move, the two tables move with them, and nothing else.
 */

const ROOT = join(__dirname, "..");
const SHIPPED = ["Core", "Infrastructure", "AutoScaler", "LambdaShellRunner", "HelperScripts"];

const DOMAIN = "AutoScaler/src/domain";
const ADAPTERS = "AutoScaler/src/adapters";
const HANDLERS = "AutoScaler/src/handlers";
const PORTS = `${DOMAIN}/ports`;

/** Folders, and the folders or files whose code they may import. */
const MAY_IMPORT: readonly { readonly about: string; readonly may: readonly string[] }[] = [
  { about: "Core", may: ["Core"] },
  { about: "Infrastructure", may: ["Infrastructure", "Core"] },
  { about: "LambdaShellRunner", may: ["LambdaShellRunner", "Core"] },
  { about: "AutoScaler", may: ["AutoScaler", "Core"] },
  { about: "HelperScripts", may: ["HelperScripts", "Core"] },
  { about: DOMAIN, may: [DOMAIN, "Core"] },
  { about: ADAPTERS, may: [PORTS, ADAPTERS, "Core"] },
  { about: HANDLERS, may: [HANDLERS, ADAPTERS, DOMAIN, "Core"] },
  // The laptop runs the stacks as built from their templates, so no file of it needs their code.
  { about: "local", may: ["local", "Core"] },
];

/**
 * What Core may use beside its own code. Its rules compute; what the stacks share of the world outside lies in
 * three folders: the ledger's items in DynamoDB's form (`type:` is gone once it is compiled), HTTP to GitLab, and
 * the processes of this machine.
 */
const CORE_MAY_USE: readonly { readonly about: string; readonly may: readonly string[] }[] = [
  { about: "Core", may: ["node:crypto"] },
  { about: "Core/ledger/table-reads", may: ["type:@aws-sdk/client-dynamodb"] },
  { about: "Core/model/ledger", may: ["type:@aws-sdk/client-dynamodb", "@aws-sdk/util-dynamodb"] },
  { about: "Core/gitlab", may: ["node:http", "node:https"] },
  { about: "Core/process", may: ["node:fs", "node:child_process", "node:timers/promises"] },
];

/** Sources side by side in one folder, at most. */
const MAX_SOURCES = 15;
/** Folders that are still to be divided. One that no longer needs it is to be taken off. */
const STILL_TOO_MANY = [
  "AutoScaler/src/adapters",
  "AutoScaler/src/domain",
  "AutoScaler/src/reconcile",
  "Core",
];
const dependencies: readonly string[] = Object.keys(
  JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).dependencies,
);

interface Import {
  readonly specifier: string;
  /** For a relative import the path from the root, without ending; else undefined. */
  readonly target?: string;
  /** Gone once it is compiled. */
  readonly isType: boolean;
}

const IMPORT =
  /(?:\b(?<type>import type|export type)\b[^"';]*?\bfrom\s|\bfrom\s|\bimport\s|\bimport\(|\brequire\()\s*["'](?<specifier>[^"'\n]+)["']/g;
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

const importsOf = (path: string, text: string): readonly Import[] =>
  [...withoutComments(text).matchAll(IMPORT)].map(({ groups }) => {
    const specifier = groups?.specifier ?? "";
    return {
      specifier,
      isType: groups?.type !== undefined,
      ...(specifier.startsWith(".") ? { target: normalize(join(dirname(path), specifier)) } : {}),
    };
  });

const isAws = ({ specifier }: Import): boolean => /^@(aws-sdk|smithy|aws)\//.test(specifier);
const isNode = ({ specifier }: Import): boolean =>
  specifier.startsWith("node:") || builtinModules.includes(specifier);
const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
/** Whether a path without its ending is this folder or file, or lies below it. */
const isBelow = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);
const lies =
  (...places: readonly string[]) =>
  ({ target }: Import): boolean =>
    target !== undefined && places.some((place) => isBelow(target, place));
const below = (place: string): RegExp => new RegExp(`^${place}(/|\\.ts$)`);

interface Rule {
  readonly says: string;
  /** Paths from the root that it is about. */
  readonly about: RegExp;
  readonly forbids?: (one: Import, path: string) => boolean;
  readonly forbidsText?: RegExp;
}

const HAS_ENVIRONMENT =
  /^(AutoScaler\/src\/handlers\/|Infrastructure\/src\/authorize-webhook\.ts|LambdaShellRunner\/src\/handler\.ts|HelperScripts\/|local\/)/;

const OF_WHAT_SHIPS = new RegExp(`^(${SHIPPED.join("|")})/`);

const sentence = (about: string, may: readonly string[]): string => {
  const others = may.filter((place) => place !== about);
  const itself = others.length < may.length ? ["itself"] : [];
  return `${about} imports ${[...itself, ...others].join(", ")} and nothing else`;
};

const FOLDER_RULES: readonly Rule[] = MAY_IMPORT.map(({ about, may }) => ({
  says: sentence(about, may),
  about: below(about),
  forbids: (one) => one.target !== undefined && !lies(...may)(one),
}));

const isUsedBy =
  (path: string) =>
  ({ specifier, isType }: Import): boolean =>
    CORE_MAY_USE.filter(({ about }) => below(about).test(path))
      .flatMap(({ may }) => may)
      .some((name) => name === specifier || (isType && name === `type:${specifier}`));

const RULES: readonly Rule[] = [
  ...FOLDER_RULES,
  {
    says: `Core uses ${CORE_MAY_USE.map(({ about, may }) => `${may.join(", ")} in ${about}`).join("; ")}`,
    about: below("Core"),
    forbids: (one, path) => one.target === undefined && !isUsedBy(path)(one),
  },
  {
    says: "Core has no clock, no dice and no environment of its own, but for a log's time",
    about: /^Core\/(?!log\.ts$|process\/)/,
    forbidsText: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\./,
  },
  {
    says: "the domain knows no AWS client, no file, no network and no process",
    about: below(DOMAIN),
    forbids: (one) => isAws(one) || (isNode(one) && one.specifier !== "node:crypto"),
  },
  {
    says: "the domain has no clock, no dice and no environment of its own",
    about: below(DOMAIN),
    forbidsText: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(/,
  },
  {
    says: "nothing that ships imports the laptop, the tests, their fakes or the benchmarks",
    about: OF_WHAT_SHIPS,
    forbids: lies(
      "tests",
      "bench",
      `${DOMAIN}/fakes`,
      `${DOMAIN}/contracts`,
      `${ADAPTERS}/doubles`,
      "HelperScripts/testing",
    ),
  },
  {
    says: "what ships imports packages that ship",
    about: OF_WHAT_SHIPS,
    forbids: (one) =>
      one.target === undefined &&
      !one.isType &&
      !isNode(one) &&
      !dependencies.includes(packageOf(one.specifier)),
  },
  {
    says: "the environment is read where a function or command begins",
    about: new RegExp(`^(?!${HAS_ENVIRONMENT.source.slice(1)})`),
    forbidsText: /\bprocess\.env\b/,
  },
];

const isOfTests = (path: string): boolean =>
  /\.test\.ts$|\/(fakes|contracts|doubles)\/|\/testing\//.test(path);

/** What a file breaks, one sentence each. */
const broken = (path: string, text: string, rules = RULES): readonly string[] =>
  rules
    .filter(({ about }) => about.test(path))
    .flatMap(({ says, forbids, forbidsText }) => {
      const imports = forbids ? importsOf(path, text).filter((one) => forbids(one, path)) : [];
      const words = forbidsText?.exec(withoutComments(text)) ?? [];
      return [...imports.map(({ specifier }) => specifier), ...words].map(
        (what) => `${path}: ${says} (${what})`,
      );
    });

const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ts$/.test(name) && !/node_modules|\.aws-sam|\.d\.ts$/.test(name))
    .map((name) => join(folder, name));

const stackFiles = [...SHIPPED, "local"].flatMap(filesOf).filter((path) => !isOfTests(path));

describe("imports", () => {
  it.each(RULES.map((rule) => [rule.says, rule] as const))("%s", (_, rule) => {
    const about = stackFiles.filter((path) => rule.about.test(path));
    expect(about.length).toBeGreaterThan(0);
    expect(about.flatMap((path) => broken(path, readFileSync(join(ROOT, path), "utf8"), [rule]))).toEqual([]);
  });

  it("go from the fakes to the domain and Core alone, so that the simulation runs on them", () => {
    const fakes = filesOf(`${DOMAIN}/fakes`).filter((path) => !path.endsWith(".test.ts"));
    const wrong = fakes.flatMap((path) =>
      importsOf(path, readFileSync(join(ROOT, path), "utf8")).filter(
        (one) => !lies(DOMAIN, "Core")(one) && !(one.isType && one.target === undefined),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ["Core/x.ts", 'import { ports } from "../AutoScaler/src/ports";'],
    ["Core/x.ts", 'import { readFileSync } from "node:fs";'],
    ["Core/x.ts", 'import type { A } from "@aws-sdk/client-ssm";'],
    ["Core/x.ts", 'import { request } from "node:https";'],
    ["Core/x.ts", "const time = Date.now();"],
    ["Core/gitlab/x.ts", 'import { readFileSync } from "node:fs";'],
    ["Core/gitlab/x.ts", "const time = new Date();"],
    ["Core/ledger/x.ts", 'import { DynamoDBClient } from "@aws-sdk/client-dynamodb";'],
    ["Core/ledger/x.ts", 'import { request } from "node:https";'],
    ["Core/process/x.ts", 'import { request } from "node:https";'],
    ["Core/process/x.ts", "const name = process.env.NAME;"],
    [`${DOMAIN}/x.ts`, 'import type { Context } from "../handlers/wiring";'],
    [`${DOMAIN}/x.ts`, 'import { a } from "../adapters/dynamo-ledger";'],
    [`${DOMAIN}/x.ts`, 'import {\n  a,\n} from "../handlers/wiring";'],
    [`${DOMAIN}/deep/x.ts`, 'export * from "@aws-sdk/client-dynamodb";'],
    [`${DOMAIN}/x.ts`, 'import { readFileSync } from "node:fs";'],
    [`${DOMAIN}/x.ts`, 'const { request } = require("https");'],
    [`${DOMAIN}/x.ts`, "const time = Date.now();"],
    [`${DOMAIN}/x.ts`, "const id = Math.random();"],
    [`${DOMAIN}/x.ts`, "const name = process.env.NAME;"],
    [`${DOMAIN}/x.ts`, 'import { fakeClock } from "./fakes";'],
    [`${ADAPTERS}/x.ts`, 'import { startRunner } from "../domain/start-runner";'],
    [`${ADAPTERS}/x.ts`, 'import { timeout } from "../handlers/wiring";'],
    [`${ADAPTERS}/x.ts`, 'import { dynamoDouble } from "./doubles/dynamo-double";'],
    [`${ADAPTERS}/x.ts`, "const region = process.env.AWS_REGION;"],
    [`${HANDLERS}/x.ts`, 'import { handler } from "../../../Infrastructure/src/authorize-webhook";'],
    [`${HANDLERS}/x.ts`, 'import { engine } from "../../../local/engine/engine";'],
    ["AutoScaler/src/x.ts", 'import { serve } from "../../LambdaShellRunner/src/serve";'],
    ["AutoScaler/src/x.ts", 'import { tableReads } from "../../HelperScripts/table-reads";'],
    ["Infrastructure/src/x.ts", 'import { wiring } from "../../AutoScaler/src/handlers/wiring";'],
    ["Infrastructure/src/x.ts", 'import { serve } from "../../LambdaShellRunner/src/serve";'],
    ["Infrastructure/src/x.ts", 'const a = await import("../../tests/templates/iam");'],
    ["LambdaShellRunner/src/x.ts", 'import { read } from "../../Infrastructure/src/secret-cache";'],
    ["LambdaShellRunner/src/x.ts", 'import "../../bench/bundles";'],
    ["HelperScripts/x.ts", 'import { STACK } from "../AutoScaler/src/ports";'],
    ["HelperScripts/deep/x.ts", 'import type { A } from "../../LambdaShellRunner/src/serve";'],
    ["HelperScripts/x.ts", 'import { World } from "./testing/world";'],
    ["HelperScripts/src/x.ts", 'import fc from "fast-check";'],
    ["local/x.ts", 'import { STACK } from "../AutoScaler/src/ports";'],
    ["local/deep/x.ts", 'import { serve } from "../../LambdaShellRunner/src/serve";'],
    ["local/x.ts", 'import { describeWith } from "./needs";'],
  ])("are refused in %s: %s", (path, text) => {
    expect(broken(path, text)).not.toEqual([]);
  });

  it.each([
    [`${DOMAIN}/x.ts`, 'import type { Ledger } from "./ports";\nimport { log } from "../../../Core/log";'],
    [`${ADAPTERS}/x.ts`, 'import type { Ledger } from "../domain/ports";'],
    [`${HANDLERS}/x.ts`, "const env = readEnv(process.env, {});"],
    [`${HANDLERS}/x.ts`, 'import type { Context } from "aws-lambda";'],
    [`${DOMAIN}/x.ts`, "// never Date.now() here\n/* process.env */"],
    ["Core/ledger/x.ts", 'import type { AttributeValue } from "@aws-sdk/client-dynamodb";'],
    ["Core/gitlab/x.ts", 'import { request } from "node:https";'],
    ["local/x.ts", 'import { parse } from "../Core/model/job-event";\nconst { env } = process;'],
  ])("are let through in %s: %s", (path, text) => {
    expect(broken(path, text)).toEqual([]);
  });
});

describe("folders", () => {
  const isCounted = (path: string): boolean => !isOfTests(path) && !path.includes("/handlers/");
  const crowded = (paths: readonly string[]): readonly string[] => {
    const folders = paths.filter(isCounted).map((path) => dirname(path));
    const isCrowded = (folder: string): boolean =>
      folders.filter((each) => each === folder).length > MAX_SOURCES;
    return [...new Set(folders)].filter(isCrowded).sort();
  };

  it(`have no more than ${MAX_SOURCES} source files side by side (tests, handlers, fakes, doubles not counted)`, () => {
    expect(crowded([...SHIPPED, "local", "bench", "Ec2Runner"].flatMap(filesOf))).toEqual(STILL_TOO_MANY);
  });

  it("are counted file by file: sixteen sources are too many, sixteen tests are not", () => {
    const sixteen = (name: string): string[] =>
      Array.from({ length: 16 }, (_, n) => name.replace("N", `${n}`));
    expect(crowded(sixteen("Core/N.ts"))).toEqual(["Core"]);
    expect(crowded(sixteen("Core/N.test.ts"))).toEqual([]);
    expect(crowded(sixteen("Core/N/x.ts"))).toEqual([]);
    expect(crowded([...sixteen("Core/fakes/N.ts"), ...sixteen("AutoScaler/src/handlers/N.ts")])).toEqual([]);
  });
});
