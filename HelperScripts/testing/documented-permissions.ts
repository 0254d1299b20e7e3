import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clients } from "../context";

/** One call to AWS, by its client and the SDK's name of it, e.g. `lambda` and `InvokeCommand`. */
export interface AskedOf {
  readonly client: keyof Clients;
  readonly command: string;
}

/** How IAM names a service, where it is not as its client's. */
const PREFIXES: Partial<Record<keyof Clients, string>> = {
  dynamoDb: "dynamodb",
  cloudFormation: "cloudformation",
  eventBridge: "events",
  serviceQuotas: "servicequotas",
  stepFunctions: "states",
};

/** What IAM names otherwise than the SDK; one call may need several. https://docs.aws.amazon.com/service-authorization/ */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  "dynamodb:TransactWriteItems": ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
  "lambda:Invoke": ["lambda:InvokeFunction"],
  "s3:ListObjectsV2": ["s3:ListBucket"],
  "s3:DeleteObjects": ["s3:DeleteObject"],
  "s3:ListBuckets": ["s3:ListAllMyBuckets"],
  // Tags at creation, and the snapshots that go with an image.
  "ec2:RunInstances": ["ec2:RunInstances", "ec2:CreateTags"],
  "ec2:CreateImage": ["ec2:CreateImage", "ec2:CreateTags"],
  "ec2:DeregisterImage": ["ec2:DeregisterImage", "ec2:DeleteSnapshot"],
  // Everybody may ask who they are.
  "sts:GetCallerIdentity": [],
};

/** The permissions that a call needs. */
export const actionsOf = ({ client, command }: AskedOf): readonly string[] => {
  const action = `${PREFIXES[client] ?? client}:${command.replace(/Command$/, "")}`;
  return ACTIONS[action] ?? [action];
};

const DOCUMENT = join(__dirname, "../../docs/command-line.md");

interface TableRow {
  /** E.g. `undeploy --all`. */
  readonly commands: readonly string[];
  /** Actions, and commands of which it may call all. */
  readonly may: readonly string[];
}

const codes = (cell = ""): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

const tableRows = (): readonly TableRow[] => {
  const [, section = ""] = readFileSync(DOCUMENT, "utf8").split("\n## Permissions\n");
  const lines = section.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => {
    const [, commands, may] = line.split("|");
    return { commands: codes(commands), may: codes(may) };
  });
};

const ROWS = tableRows();

const isAction = (code: string): boolean => code.includes(":");

/** Commands, with the option that needs more where there is one, and what each may call. */
export const documentedPermissions = (): ReadonlyMap<string, readonly string[]> => {
  const may = (command: string): readonly string[] =>
    ROWS.filter(({ commands }) => commands.includes(command)).flatMap((row) =>
      row.may.flatMap((code) => (isAction(code) ? [code] : may(code))),
    );
  return new Map(ROWS.flatMap(({ commands }) => commands).map((command) => [command, may(command)]));
};

const PERMISSIONS = documentedPermissions();

/**
 * Holds what a command asked AWS for to the table of permissions, in every test that runs one.
 *
 * @throws Error that names what the table lacks
 */
export const checkPermissions = (argv: readonly string[], calls: readonly AskedOf[]): void => {
  const rows = [...PERMISSIONS].filter(([command]) =>
    command.split(" ").every((word) => argv.includes(word)),
  );
  const documented = rows.flatMap(([, actions]) => actions);
  const missing = [...new Set(calls.flatMap(actionsOf))].filter((action) => !documented.includes(action));
  if (missing.length === 0) return;
  throw new Error(`docs/command-line.md lacks permissions for ${argv.join(" ")}: ${missing.join(", ")}`);
};
