import type { Context } from "../context";
import { consoleDouble } from "../testing/console-double";
import { watchStack } from "./stack-progress";

const SECOND = 1_000;

/** A stack of three resources, one of which is made each second from the eighth on. */
const watched = async (isTerminal: boolean, seconds: number) => {
  const console = consoleDouble({ isTerminal });
  const asked: string[] = [];
  let now = 0;
  const made = (): readonly object[] =>
    ["A", "B", "C"].slice(0, Math.max(0, Math.floor(now / SECOND) - 7)).map((LogicalResourceId) => ({
      LogicalResourceId,
      ResourceType: "AWS::SQS::Queue",
      ResourceStatus: "CREATE_COMPLETE",
    }));
  const itself = { LogicalResourceId: "s", ResourceType: "AWS::CloudFormation::Stack" };
  const answers: Readonly<Record<string, (input: { readonly NextToken?: string }) => object>> = {
    DescribeStackEventsCommand: () => ({
      StackEvents: [...made(), { ...itself, ResourceStatus: "CREATE_COMPLETE" }],
    }),
    ListChangeSetsCommand: () => ({
      Summaries: [
        { ChangeSetName: "older", CreationTime: new Date(1) },
        { ChangeSetName: "newest", CreationTime: new Date(2) },
      ],
    }),
    DescribeChangeSetCommand: ({ NextToken }) =>
      NextToken === undefined ? { Changes: [{}, {}], NextToken: "2" } : { Changes: [{}] },
  };
  const send = async (command: { readonly input: object }): Promise<object> => {
    asked.push(`${command.constructor.name} ${JSON.stringify(command.input)}`);
    return answers[command.constructor.name]?.(command.input) ?? {};
  };
  let watch: ReturnType<typeof watchStack> | undefined;
  const isOver = new Promise<number>((resolve) => {
    const sleep = async (milliseconds: number): Promise<void> => {
      now += milliseconds;
      if (now >= seconds * SECOND && watch !== undefined) resolve(watch.end());
    };
    const clients = { cloudFormation: () => ({ send }) };
    watch = watchStack({ console, clients, now: () => now, sleep } as unknown as Context, "s", undefined);
  });
  return { done: await isOver, console, asked };
};

describe("a stack's deployment", () => {
  it("is shown on a terminal each three seconds, and once something is done, beside all that is to be", async () => {
    const { done, console } = await watched(true, 13);
    expect(console.bars.filter(Boolean)).toEqual([
      "  s: 0 resources (3.0 s)",
      "  s: 0 resources (6.0 s)",
      "  s: 2 of 3 resources (9.0 s)",
      "  s: 3 of 3 resources (12.0 s)",
    ]);
    expect(done).toBe(3);
  });

  it("has its changes counted once, in the newest change set, and not before one of them is done", async () => {
    const changes = (asked: readonly string[]) =>
      asked.filter((one) => !one.startsWith("DescribeStackEvents"));
    expect(changes((await watched(true, 7)).asked)).toEqual([]);
    const page = 'DescribeChangeSetCommand {"StackName":"s","ChangeSetName":"newest"';
    expect(changes((await watched(true, 20)).asked)).toEqual([
      'ListChangeSetsCommand {"StackName":"s"}',
      `${page}}`,
      `${page},"NextToken":"2"}`,
    ]);
  });

  it("is told in a line each quarter of a minute where there is no terminal", async () => {
    const { console } = await watched(false, 31);
    expect(console.bars).toEqual([]);
    expect(console.errText().split("\n")).toEqual([
      "  s: 3 of 3 resources (15.0 s)",
      "  s: 3 of 3 resources (30.0 s)",
    ]);
  });
});
