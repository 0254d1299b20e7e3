import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize } from "node:path";

/**
 * Imports go one way: handlers → domain → ports ← adapters, and everything may use Core. The rules judge a file
 * by its path and its text, so each is shown to bite on a bad example below.
 */

const ROOT = join(__dirname, "..");
const SHIPPED = ["Core", "Infrastructure", "AutoScaler", "LambdaShellRunner", "HelperScripts"];
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
const lies =
  (...folders: readonly string[]) =>
  ({ target }: Import): boolean =>
    target !== undefined && folders.some((folder) => target === folder || target.startsWith(`${folder}/`));

interface Rule {
  readonly says: string;
  /** Paths from the root that it is about. */
  readonly about: RegExp;
  readonly forbids?: (one: Import) => boolean;
  readonly forbidsText?: RegExp;
}

const DOMAIN = /^AutoScaler\/src\/domain\//;
const HAS_ENVIRONMENT =
  /^(AutoScaler\/src\/handlers\/|Infrastructure\/src\/(authorize|receive-signed)-webhook\.ts|LambdaShellRunner\/src\/handler\.ts|HelperScripts\/)/;

const RULES: readonly Rule[] = [
  {
    says: "Core imports nothing but Core, and hashes",
    about: /^Core\//,
    forbids: (one) => !lies("Core")(one) && one.specifier !== "node:crypto",
  },
  {
    says: "the domain imports the domain and Core",
    about: DOMAIN,
    forbids: (one) => one.target !== undefined && !lies("AutoScaler/src/domain", "Core")(one),
  },
  {
    says: "the domain knows no AWS client, no file, no network and no process",
    about: DOMAIN,
    forbids: (one) => isAws(one) || (isNode(one) && one.specifier !== "node:crypto"),
  },
  {
    says: "the domain has no clock, no dice and no environment of its own",
    about: DOMAIN,
    forbidsText: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(/,
  },
  {
    says: "an adapter imports ports, adapters and Core",
    about: /^AutoScaler\/src\/adapters\//,
    forbids: (one) =>
      one.target !== undefined &&
      !lies("AutoScaler/src/domain/ports", "AutoScaler/src/adapters", "Core")(one),
  },
  {
    says: "a handler imports handlers, adapters, the domain and Core",
    about: /^AutoScaler\/src\/handlers\//,
    forbids: (one) =>
      one.target !== undefined &&
      !lies("AutoScaler/src/handlers", "AutoScaler/src/adapters", "AutoScaler/src/domain", "Core")(one),
  },
  {
    says: "a stack imports itself and Core",
    about: /^(Infrastructure|LambdaShellRunner)\//,
    forbids: (one) => one.target !== undefined && !lies("Infrastructure", "LambdaShellRunner", "Core")(one),
  },
  {
    says: "nothing that ships imports the laptop, the tests or the benchmarks",
    about: /^/,
    forbids: lies(
      "local",
      "tests",
      "bench",
      "AutoScaler/src/domain/fakes",
      "AutoScaler/src/domain/contracts",
    ),
  },
  {
    says: "what ships imports packages that ship",
    about: /^/,
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
const broken = (path: string, text: string): readonly string[] =>
  RULES.filter(({ about }) => about.test(path)).flatMap(({ says, forbids, forbidsText }) => {
    const imports = forbids ? importsOf(path, text).filter(forbids) : [];
    const words = forbidsText?.exec(withoutComments(text)) ?? [];
    return [...imports.map(({ specifier }) => specifier), ...words].map(
      (what) => `${path}: ${says} (${what})`,
    );
  });

const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ts$/.test(name) && !/node_modules|\.aws-sam|\.d\.ts$/.test(name))
    .map((name) => join(folder, name));

describe("imports", () => {
  const shipped = SHIPPED.flatMap(filesOf).filter((path) => !isOfTests(path));

  it("go one way in everything that ships", () => {
    expect(shipped.length).toBeGreaterThan(50);
    expect(shipped.flatMap((path) => broken(path, readFileSync(join(ROOT, path), "utf8")))).toEqual([]);
  });

  it("go from the fakes to the domain and Core alone, so that the simulation runs on them", () => {
    const fakes = filesOf("AutoScaler/src/domain/fakes").filter((path) => !path.endsWith(".test.ts"));
    const wrong = fakes.flatMap((path) =>
      importsOf(path, readFileSync(join(ROOT, path), "utf8")).filter(
        (one) => !lies("AutoScaler/src/domain", "Core")(one) && !(one.isType && one.target === undefined),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ["Core/x.ts", 'import { ports } from "../AutoScaler/src/domain/ports";'],
    ["Core/x.ts", 'import { readFileSync } from "node:fs";'],
    ["AutoScaler/src/domain/x.ts", 'import type { Context } from "../handlers/wiring";'],
    ["Core/x.ts", 'import type { A } from "@aws-sdk/client-ssm";'],
    ["AutoScaler/src/domain/x.ts", 'import { a } from "../adapters/dynamo-ledger";'],
    ["AutoScaler/src/domain/x.ts", 'import {\n  a,\n} from "../handlers/wiring";'],
    ["AutoScaler/src/domain/deep/x.ts", 'export * from "@aws-sdk/client-dynamodb";'],
    ["AutoScaler/src/domain/x.ts", 'import { readFileSync } from "node:fs";'],
    ["AutoScaler/src/domain/x.ts", 'const { request } = require("https");'],
    ["AutoScaler/src/domain/x.ts", "const time = Date.now();"],
    ["AutoScaler/src/domain/x.ts", "const id = Math.random();"],
    ["AutoScaler/src/domain/x.ts", "const name = process.env.NAME;"],
    ["AutoScaler/src/domain/x.ts", 'import { fakeClock } from "./fakes";'],
    ["AutoScaler/src/adapters/x.ts", 'import { startRunner } from "../domain/start-runner";'],
    ["AutoScaler/src/adapters/x.ts", 'import { patience } from "../handlers/wiring";'],
    ["AutoScaler/src/adapters/x.ts", "const region = process.env.AWS_REGION;"],
    [
      "AutoScaler/src/handlers/x.ts",
      'import { handler } from "../../../Infrastructure/src/authorize-webhook";',
    ],
    ["AutoScaler/src/handlers/x.ts", 'import { engine } from "../../../local/engine/engine";'],
    ["Infrastructure/src/x.ts", 'import { wiring } from "../../AutoScaler/src/handlers/wiring";'],
    ["Infrastructure/src/x.ts", 'const a = await import("../../tests/templates/iam");'],
    ["LambdaShellRunner/src/x.ts", 'import "../../bench/bundles";'],
    ["HelperScripts/src/x.ts", 'import fc from "fast-check";'],
  ])("are refused in %s: %s", (path, text) => {
    expect(broken(path, text)).not.toEqual([]);
  });

  it.each([
    [
      "AutoScaler/src/domain/x.ts",
      'import type { Ledger } from "./ports";\nimport { log } from "../../../Core/log";',
    ],
    ["AutoScaler/src/adapters/x.ts", 'import type { Ledger } from "../domain/ports";'],
    ["AutoScaler/src/handlers/x.ts", "const env = readEnv(process.env, {});"],
    ["AutoScaler/src/handlers/x.ts", 'import type { Context } from "aws-lambda";'],
    ["AutoScaler/src/domain/x.ts", "// never Date.now() here\n/* process.env */"],
  ])("are let through in %s: %s", (path, text) => {
    expect(broken(path, text)).toEqual([]);
  });
});
