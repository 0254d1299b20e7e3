import { dynamoLedger } from "../../AutoScaler/src/adapters/dynamodb/ledger";
import { dynamoMappings } from "../../AutoScaler/src/adapters/dynamodb/mappings";
import { ssmConfiguration } from "../../AutoScaler/src/adapters/ssm/configuration";
import type { Clock } from "../../AutoScaler/src/ports";
import { reconcile } from "../../AutoScaler/src/reconcile/reconcile";
import { testSystem } from "../../AutoScaler/src/testing/fakes/test-system";
import { deploymentMetric, log } from "../../Core/log";
import type { RestUse } from "../../Core/pricing/rest-use";
import { tablesDouble } from "../doubles/dynamodb/mocked-client";
import { LEDGER_TABLE, MAPPING_TABLE } from "../doubles/dynamodb/stack-tables";

/** An hour in which there was nothing to do. */
export interface HourAtRest {
  /** What a pass used on average. */
  readonly pass: RestUse;
  /** The custom metrics that were sent, each with its dimensions. */
  readonly metrics: readonly string[];
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly ConsistentRead?: boolean;
    readonly TransactItems?: readonly { readonly Put?: { readonly Item?: object } }[];
  };
}

/** A read of up to 4 KB is a unit where it is consistent, and half of one otherwise. */
const readUnitsOf = (command: Command): number => {
  if (!["GetItemCommand", "QueryCommand", "ScanCommand"].includes(command.constructor.name)) return 0;
  return command.input.ConsistentRead === true ? 1 : 0.5;
};

const kibibytes = (item: object | undefined): number =>
  Math.max(1, Math.ceil(JSON.stringify(item ?? {}).length / 1024));

/** Two units for each KB of each item: a transaction writes it twice. */
const writeUnitsOf = ({ input }: Command): number =>
  (input.TransactItems ?? []).reduce((sum, { Put }) => sum + 2 * kibibytes(Put?.Item), 0);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const namesOf = (line: string): readonly string[] => {
  const { _aws, ...fields } = JSON.parse(line);
  return (_aws?.CloudWatchMetrics ?? []).flatMap(
    ({ Dimensions, Metrics }: { Dimensions: string[][]; Metrics: { Name: string }[] }) =>
      Metrics.flatMap(({ Name }) =>
        Dimensions.map((names) => [Name, ...names.map((name) => `${name}=${fields[name]}`)].join(" ")),
      ),
  );
};

const PASSES = 60;
const MINUTE = 60_000;

/**
 * Runs an hour of passes: the shipped reconciler over the shipped reads and writes of DynamoDB, with no job, runner or
 * instance. The first pass, which finds an empty table, does not count.
 *
 * @param projects that the token is a member of, all of them served
 * @param onPass what a test adds to each pass
 */
export const hourAtRest = async (
  projects: number,
  onPass: (metric: ReturnType<typeof deploymentMetric>) => void = () => undefined,
): Promise<HourAtRest> => {
  const system = testSystem();
  const { client, mock } = tablesDouble();
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(`${text}`) > 0);
  const metric = deploymentMetric("test");
  const parameters = parametersDouble(system.clock);
  const dependencies = {
    ...system.dependencies,
    metric,
    gitLab: { ...system.gitLab, projects: async () => ({ items: members(projects) }) },
    ledger: dynamoLedger(client, { table: LEDGER_TABLE, clock: system.clock, random: () => 0.5 }),
    mappings: dynamoMappings(client, MAPPING_TABLE),
  };
  const pass = async (): Promise<void> => {
    await parameters.configuration.access();
    const { kind: outcome, ...fields } = await reconcile(dependencies, system.routing);
    log.info("RECONCILER_DONE", { outcome, ...fields });
    onPass(metric);
    system.clock.advance(MINUTE);
  };
  try {
    await pass();
    const before = {
      calls: mock.calls().length,
      gitLab: system.gitLab.calls.length,
      secrets: parameters.secretsRead(),
    };
    lines.length = 0;
    for (let count = 0; count < PASSES; count += 1) await pass();
    const commands = mock
      .calls()
      .slice(before.calls)
      .map(({ args: [command] }) => command as unknown as Command);
    return {
      pass: {
        readUnits: sum(commands.map(readUnitsOf)) / PASSES,
        writeUnits: sum(commands.map(writeUnitsOf)) / PASSES,
        secretsRead: (parameters.secretsRead() - before.secrets) / PASSES,
        gitLabCalls: (system.gitLab.calls.length - before.gitLab) / PASSES,
        logBytes: sum(lines.map((line) => Buffer.byteLength(line))) / PASSES,
      },
      metrics: [...new Set(lines.flatMap(namesOf))],
    };
  } finally {
    write.mockRestore();
    mock.restore();
  }
};

/** Parameter Store as an operator fills it: of these the token alone is encrypted. */
const STORED: Readonly<Record<string, { readonly value: string; readonly isSecret?: true }>> = {
  "/glr/Url": { value: "https://gitlab.example.com" },
  "/glr/AccessToken": { value: "glpat-example", isSecret: true },
};

/** The configuration as the reconciler reads it, and how many secrets were decrypted for it. */
const parametersDouble = (clock: Pick<Clock, "now" | "sleep">) => {
  let secrets = 0;
  const client = {
    send: async ({ input }: { readonly input: { readonly Names?: readonly string[] } }) => {
      const found = (input.Names ?? []).flatMap((Name) => (STORED[Name] ? [{ Name, ...STORED[Name] }] : []));
      secrets += found.filter(({ isSecret }) => isSecret).length;
      return { Parameters: found.map(({ Name, value: Value }) => ({ Name, Value })) };
    },
  };
  const configuration = ssmConfiguration(client as unknown as Parameters<typeof ssmConfiguration>[0], {
    path: "/glr",
    deploymentId: "runners",
    busName: "runners",
    readsStarts: true,
    readsRunner: true,
    clock,
    random: () => 0.5,
  });
  return { configuration, secretsRead: () => secrets };
};

const members = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, path: `group/project-${index + 1}` }));
