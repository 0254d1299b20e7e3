import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { repositoryFiles } from "../../tests/repository-files";
import type { Clients } from "../context";
import { makeProgram } from "../program";
import { actionsOf, checkPermissions, documentedPermissions } from "./documented-permissions";

const ROOT = join(__dirname, "../..");
const PERMISSIONS = documentedPermissions();

const CLIENT_OF: Readonly<Record<string, keyof Clients>> = {
  cloudformation: "cloudFormation",
  "cloudwatch-logs": "logs",
  dynamodb: "dynamoDb",
  ec2: "ec2",
  eventbridge: "eventBridge",
  iam: "iam",
  lambda: "lambda",
  s3: "s3",
  "lambda-microvms": "microVms",
  "service-quotas": "serviceQuotas",
  sfn: "stepFunctions",
  sqs: "sqs",
  ssm: "ssm",
  sts: "sts",
};

const IMPORT = /import (?!type)\{?(?<names>[^;"]*?)\}? from "(?<from>[^"]+)"/g;

/** All that a file's commands can be in it: the SDK's commands that it imports, and so on through its own imports. */
const reachable = (path: string, seen = new Set<string>()): ReadonlySet<string> => {
  const found = new Set<string>();
  if (seen.has(path)) return found;
  seen.add(path);
  for (const { groups } of readFileSync(path, "utf8").matchAll(IMPORT)) {
    const { names = "", from = "" } = groups ?? {};
    const client = CLIENT_OF[from.replace("@aws-sdk/client-", "")];
    const commands = client === undefined ? [] : names.match(/\b\w+Command\b(?! as)/g);
    for (const command of commands ?? [])
      for (const action of client ? actionsOf({ client, command }) : []) found.add(action);
    const file = join(dirname(path), `${from}.ts`);
    if (from.startsWith(".") && existsSync(file)) for (const each of reachable(file, seen)) found.add(each);
  }
  return found;
};

/** `pause`, `resume` and `drain` share one, `shell --allow` has its own. */
const FILES: Readonly<Record<string, string>> = {
  pause: "starts",
  resume: "starts",
  drain: "starts",
  "shell --allow": "allow",
  "shell --forbid": "allow",
};
const fileOf = (command: string): string => {
  const [first = "", second = ""] = command.split(" ");
  const name = FILES[command] ?? (first === "mapping" ? second : first);
  const found = repositoryFiles().find((path) =>
    new RegExp(`^HelperScripts/commands/(\\w+/)?${name}\\.ts$`).test(path),
  );
  return join(ROOT, found ?? `no file of ${command}`);
};

const commandsOf = (command: Command, path = ""): readonly string[] =>
  command.commands.length === 0
    ? [path]
    : command.commands.flatMap((each) => commandsOf(each, `${path} ${each.name()}`.trim()));

describe("the table of permissions by command", () => {
  it("has each command of the program that asks AWS, and no other", () => {
    const documented = [...PERMISSIONS.keys()].map((command) => command.replace(/ --.*/, ""));
    const asking = commandsOf(makeProgram(async () => undefined)).filter((each) => each !== "completion");
    expect([...new Set(documented)].sort()).toEqual([...asking].sort());
  });

  it.each([...PERMISSIONS])("gives %s nothing that its code does not call", (command, actions) => {
    const called = reachable(fileOf(command));
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => !called.has(action))).toEqual([]);
  });

  it("is what each test of a command is held to: one call beyond it fails", () => {
    const stack = { client: "cloudFormation", command: "DescribeStacksCommand" } as const;
    const scan = { client: "dynamoDb", command: "ScanCommand" } as const;
    const tag = { client: "iam", command: "TagRoleCommand" } as const;
    expect(() => checkPermissions(["why", "7"], [stack])).not.toThrow();
    expect(() => checkPermissions(["why", "7"], [stack, scan])).toThrow(
      "lacks permissions for why 7: dynamodb:Scan",
    );
    expect(() => checkPermissions(["shell", "--allow"], [tag])).not.toThrow();
    expect(() => checkPermissions(["shell", "7"], [tag])).toThrow("iam:TagRole");
    expect(() => checkPermissions(["verify"], [scan])).not.toThrow();
  });
});
