import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize } from "node:path";

/**
 * Who may import what. A stack imports itself and Core, the operator's command line only Core. Inside AutoScaler it is
 * handlers → stages → ports ← adapters. Each rule checks a file by its path and its text, and is tested with a bad
 * example below. When folders move, only the two tables change.
 */

const ROOT = join(__dirname, "..");
const SHIPPED = [
  "Core",
  "Infrastructure",
  "AutoScaler",
  "LambdaShellRunner",
  "MicroVmRunner",
  "HelperScripts",
];

const SRC = "AutoScaler/src";
/** Ports and the small files that everything inside AutoScaler may import. */
const KNOWN = ["ports", "dependencies", "events", "timing", "hints/hint-memory", "spot/pool-memory"].map(
  (name) => `${SRC}/${name}`,
);
/** Folders that all stages of a runner's life share. */
const SHARED = ["hints", "queue", "launch-rate", "limits", "ledger", "spot", "waits", "pricing"].map(
  (name) => `${SRC}/${name}`,
);
const STAGES = ["start", "pickup", "stop", "reconcile", "usage"].map((name) => `${SRC}/${name}`);
const RULES_OF_A_RUNNER = [...SHARED, ...STAGES];
const ADAPTERS = `${SRC}/adapters`;
const HANDLERS = `${SRC}/handlers`;

/** Folders, and the folders or files whose code they may import. */
const MAY_IMPORT: readonly { readonly about: string; readonly may: readonly string[] }[] = [
  { about: "Core", may: ["Core"] },
  { about: "Infrastructure", may: ["Infrastructure", "Core"] },
  { about: "LambdaShellRunner", may: ["LambdaShellRunner", "Core"] },
  { about: "MicroVmRunner", may: ["MicroVmRunner", "Core"] },
  { about: "AutoScaler", may: ["AutoScaler", "Core"] },
  { about: "HelperScripts", may: ["HelperScripts", "Core"] },
  ...KNOWN.map((about) => ({ about, may: [...KNOWN, "Core"] })),
  // A stage imports itself and what stages share. An end also records a pick-up that was missed, and the
  // reconciler asks what starts and ends would do.
  ...SHARED.map((about) => ({ about, may: [...SHARED, ...KNOWN, "Core"] })),
  { about: `${SRC}/start`, may: [`${SRC}/start`, ...SHARED, ...KNOWN, "Core"] },
  { about: `${SRC}/usage`, may: [`${SRC}/usage`, ...SHARED, ...KNOWN, "Core"] },
  { about: `${SRC}/pickup`, may: [`${SRC}/pickup`, ...SHARED, ...KNOWN, "Core"] },
  { about: `${SRC}/stop`, may: [`${SRC}/stop`, `${SRC}/pickup/store-pick-up`, ...SHARED, ...KNOWN, "Core"] },
  {
    about: `${SRC}/reconcile`,
    may: [
      `${SRC}/reconcile`,
      ...[
        "start/next-step",
        "start/read-next-step",
        "stop/end-order",
        "stop/termination-reason",
        "stop/report/silence",
      ].map((name) => `${SRC}/${name}`),
      ...SHARED,
      ...KNOWN,
      "Core",
    ],
  },
  { about: ADAPTERS, may: [`${SRC}/ports`, ADAPTERS, "Core"] },
  { about: HANDLERS, may: [HANDLERS, ADAPTERS, ...RULES_OF_A_RUNNER, ...KNOWN, "Core"] },
  // The laptop runs the stacks as they are built from their templates, so it imports none of their code.
  { about: "local", may: ["local", "Core"] },
];

/**
 * What Core may import beside its own code. Its rules only compute. What the stacks share of the outside world is in
 * four folders: the ledger's items in DynamoDB's form (`type:` is gone once it is compiled), HTTP to GitLab, the
 * processes of this machine, and gitlab-runner as one of them.
 */
const CORE_MAY_USE: readonly { readonly about: string; readonly may: readonly string[] }[] = [
  { about: "Core", may: ["node:crypto"] },
  { about: "Core/ledger", may: ["type:@aws-sdk/client-dynamodb", "@aws-sdk/util-dynamodb"] },
  { about: "Core/gitlab", may: ["node:http", "node:https", "node:net", "node:tls"] },
  { about: "Core/process", may: ["node:fs", "node:child_process", "node:timers/promises"] },
  {
    about: "Core/gitlab-runner",
    may: [
      "child_process",
      "crypto",
      "fs",
      "fs/promises",
      "path",
      "string_decoder",
      "timers/promises",
      "util",
    ].map((name) => `node:${name}`),
  },
];

/** Most source files in one folder. */
const MAX_SOURCES = 15;
/** Folders that still have too many. A folder that no longer has is removed from the list. */
const STILL_TOO_MANY: readonly string[] = [];
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
/** What AWS documents for others' programs: its clients, and the helpers for DynamoDB's items. */
const isOfficialAws = ({ specifier }: Import): boolean =>
  /^@aws-sdk\/(client-[a-z0-9-]+|lib-[a-z0-9-]+|util-dynamodb|s3-request-presigner)$/.test(specifier);
const isInsideOfPackage = ({ specifier }: Import): boolean => /^[^.].*\/dist(-[a-z]+)?\//.test(specifier);
/** Clients that load too slowly for a function's start; `sdk.ts` files are reached by `import()` only. */
const isHeavyClient = ({ specifier }: Import): boolean =>
  /^@aws-sdk\/client-(ec2|lambda|sts)$/.test(specifier);
const isNode = ({ specifier }: Import): boolean =>
  specifier.startsWith("node:") || builtinModules.includes(specifier);
const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
/** Whether a path without its ending is this folder or file, or is below it. */
const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
const isIn =
  (...folders: readonly string[]) =>
  ({ target }: Import): boolean =>
    target !== undefined && folders.some((folder) => isBelow(target, folder));
const below = (folder: string): RegExp => new RegExp(`^${folder}(/|\\.ts$)`);
const ofRules = new RegExp(`^(${[...RULES_OF_A_RUNNER, ...KNOWN].join("|")})(/|\\.ts$)`);

interface Rule {
  readonly says: string;
  /** Paths from the root to which it applies. */
  readonly about: RegExp;
  readonly forbids?: (one: Import, path: string) => boolean;
  readonly forbidsText?: RegExp;
}

const HAS_ENVIRONMENT =
  /^(AutoScaler\/src\/handlers\/|Infrastructure\/src\/(authorize-webhook|receive-signed-webhook|report-runner-end)\.ts|LambdaShellRunner\/src\/handler\.ts|MicroVmRunner\/src\/(main|rebuild\/rebuild-images)\.ts|HelperScripts\/|local\/)/;

const OF_WHAT_SHIPS = new RegExp(`^(${SHIPPED.join("|")})/`);

const sentence = (about: string, may: readonly string[]): string => {
  const others = may.filter((folder) => folder !== about);
  const itself = others.length < may.length ? ["itself"] : [];
  return `${about} imports ${[...itself, ...others].join(", ")} and nothing else`;
};

const FOLDER_RULES: readonly Rule[] = MAY_IMPORT.map(({ about, may }) => ({
  says: sentence(about, may),
  about: below(about),
  forbids: (one) => one.target !== undefined && !isIn(...may)(one),
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
    says: "Core reads no clock, no random numbers and no environment, except a log's time",
    about: /^Core\/(?!log\.ts$|process\/|gitlab-runner\/)/,
    forbidsText: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\./,
  },
  {
    says: "the rules of a runner's life use no AWS client, no file, no network and no process",
    about: ofRules,
    forbids: (one) => isAws(one) || (isNode(one) && one.specifier !== "node:crypto"),
  },
  {
    says: "the rules of a runner's life read no clock, no random numbers and no environment",
    about: ofRules,
    forbidsText: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(/,
  },
  {
    says: "nothing that ships imports the laptop, the tests, their fakes or the benchmarks",
    about: OF_WHAT_SHIPS,
    forbids: isIn("tests", "bench", `${SRC}/testing`, "HelperScripts/testing"),
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
    says: "AWS is called by its official clients, and no package's internals are imported",
    about: /^/,
    forbids: (one) => (isAws(one) && !isOfficialAws(one)) || isInsideOfPackage(one),
  },
  {
    says: "a file that creates a client sets its time-outs",
    about: OF_WHAT_SHIPS,
    forbidsText: /^(?![\s\S]*\b(requestTimeout:|CLIENT_SETTINGS\b))[\s\S]*?\bnew [A-Z]\w*Client\(/,
  },
  {
    says: "a function loads EC2's and Lambda's clients only after its start",
    about: /^AutoScaler\/(?!src\/adapters\/[a-z0-9]+\/([a-z]+-)?sdk\.ts$)/,
    forbids: (one) => isHeavyClient(one) && !one.isType,
    forbidsText: /\bfrom\s+["'][^"']*[/-]sdk["']/,
  },
  {
    says: "the environment is read where a function or command begins",
    about: new RegExp(`^(?!${HAS_ENVIRONMENT.source.slice(1)})`),
    forbidsText: /\bprocess\.env\b/,
  },
];

const isOfTests = (path: string): boolean =>
  /\.test\.ts$|\/(fakes|contracts|doubles)\/|\/testing\//.test(path);

/** The rules that a file breaks, one sentence each. */
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

  it("lead from the fakes only to the rules, their ports and Core, so that the simulation can use them", () => {
    const fakes = filesOf(`${SRC}/testing/fakes`).filter((path) => !path.endsWith(".test.ts"));
    const wrong = fakes.flatMap((path) =>
      importsOf(path, readFileSync(join(ROOT, path), "utf8")).filter(
        (one) =>
          !isIn(`${SRC}/testing/fakes`, ...RULES_OF_A_RUNNER, ...KNOWN, "Core")(one) &&
          !(one.isType && one.target === undefined),
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
    [`${SRC}/start/x.ts`, 'import type { Context } from "../handlers/wiring";'],
    [`${SRC}/start/x.ts`, 'import { a } from "../adapters/dynamodb/ledger";'],
    [`${SRC}/start/x.ts`, 'import {\n  a,\n} from "../handlers/wiring";'],
    [`${SRC}/reconcile/find/x.ts`, 'export * from "@aws-sdk/client-dynamodb";'],
    [`${SRC}/start/x.ts`, 'import { readFileSync } from "node:fs";'],
    [`${SRC}/start/x.ts`, 'const { request } = require("https");'],
    [`${SRC}/start/x.ts`, "const time = Date.now();"],
    [`${SRC}/start/x.ts`, "const id = Math.random();"],
    [`${SRC}/start/x.ts`, "const name = process.env.NAME;"],
    [`${SRC}/stop/x.ts`, 'import { fakeClock } from "../testing/fakes";'],
    [`${SRC}/start/x.ts`, 'import { recordPickUp } from "../pickup/record-pick-up";'],
    [`${SRC}/pickup/x.ts`, 'import { findRunner } from "../stop/find-runner";'],
    [`${SRC}/queue/x.ts`, 'import { claim } from "../start/claim";'],
    [`${SRC}/ports.ts`, 'import { claim } from "./start/claim";'],
    [`${SRC}/reconcile/x.ts`, 'import { unregisterRunner } from "../stop/unregister-runner";'],
    [`${ADAPTERS}/x.ts`, 'import { startRunner } from "../start/start-runner";'],
    [`${ADAPTERS}/x.ts`, 'import { timeout } from "../handlers/wiring";'],
    [`${ADAPTERS}/x.ts`, 'import { ec2Double } from "../testing/doubles/ec2-double";'],
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
    ["HelperScripts/x.ts", 'import { DeploymentDouble } from "./testing/deployment-double";'],
    ["HelperScripts/src/x.ts", 'import fc from "fast-check";'],
    [`${ADAPTERS}/x.ts`, 'import { Client } from "@smithy/core/client";'],
    [`${ADAPTERS}/x.ts`, 'import type { StaticListSchema } from "@smithy/types";'],
    ["Infrastructure/src/x.ts", 'import { SignatureV4 } from "@smithy/signature-v4";'],
    [`${ADAPTERS}/x.ts`, 'import { AwsJson1_0Protocol } from "@aws-sdk/core/protocols";'],
    ["LambdaShellRunner/src/x.ts", 'import { a } from "@aws-sdk/client-dynamodb/dist-cjs/schemas";'],
    ["HelperScripts/x.ts", 'const { a } = require("picocolors/dist/inside");'],
    ["LambdaShellRunner/src/x.ts", "const dynamo = new DynamoDBClient({ maxAttempts: 3 });"],
    [`${ADAPTERS}/x.ts`, 'import { EC2Client } from "@aws-sdk/client-ec2";'],
    [`${HANDLERS}/x.ts`, 'import { lambdaSdk } from "../adapters/lambda/sdk";'],
    ["local/x.ts", 'import { STACK } from "../AutoScaler/src/ports";'],
    ["local/deep/x.ts", 'import { serve } from "../../LambdaShellRunner/src/serve";'],
    ["local/x.ts", 'import { describeWith } from "../tests/needs";'],
  ])("are refused in %s: %s", (path, text) => {
    expect(broken(path, text)).not.toEqual([]);
  });

  it.each([
    [`${SRC}/stop/x.ts`, 'import type { Ledger } from "../ports";\nimport { log } from "../../../Core/log";'],
    [`${ADAPTERS}/ec2/x.ts`, 'import type { Ledger } from "../../ports";'],
    [`${HANDLERS}/x.ts`, "const env = readEnv(process.env, {});"],
    [`${HANDLERS}/x.ts`, 'import type { Context } from "aws-lambda";'],
    [`${SRC}/start/x.ts`, "// never Date.now() here\n/* process.env */"],
    ["Core/ledger/x.ts", 'import type { AttributeValue } from "@aws-sdk/client-dynamodb";'],
    ["Core/gitlab/x.ts", 'import { request } from "node:https";'],
    ["local/x.ts", 'import { parse } from "../Core/model/job-event";\nconst { env } = process;'],
    ["AutoScaler/src/adapters/x.ts", 'import { GetItemCommand } from "@aws-sdk/client-dynamodb";'],
    ["AutoScaler/src/adapters/x.ts", 'import type { Instance } from "@aws-sdk/client-ec2";'],
    ["AutoScaler/src/adapters/x.ts", 'const load = () => import("./ec2/sdk");'],
    ["AutoScaler/src/adapters/ec2/sdk.ts", 'import { EC2Client } from "@aws-sdk/client-ec2";'],
    ["Infrastructure/src/x.ts", "new SSMClient({ requestHandler: { requestTimeout: 1_000 } });"],
  ])("are accepted in %s: %s", (path, text) => {
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
