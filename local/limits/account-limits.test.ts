import { limitsText, NEW_ACCOUNT } from "./account-limits";
import { callRates } from "./call-rates";
import { FunctionConcurrency } from "./function-concurrency";
import { metLimits } from "./met-limits";

describe("a new account's limits", () => {
  it("name the page that each comes from", () => {
    for (const { source } of Object.values(NEW_ACCOUNT))
      expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/\S+\.html$/);
  });

  it("are told in one sentence", () => {
    expect(limitsText(NEW_ACCOUNT)).toBe(
      "Lambda concurrent executions 10, Lambda tenant environments 25, EC2 on-demand vCPUs 5, EC2 spot vCPUs 5, Parameter Store reads 40 a second, no service-linked role for EC2 Spot",
    );
  });

  it("count what they refused", () => {
    const limits = metLimits(NEW_ACCOUNT);
    expect(limits.list()).toEqual([]);
    limits.met("spotVcpus");
    limits.met("spotVcpus");
    expect(limits.list()).toEqual([{ name: "EC2 spot vCPUs", value: 5, refused: 2 }]);
  });
});

describe("FunctionConcurrency", () => {
  const prepare = () => {
    let now = 0;
    const concurrency = new FunctionConcurrency(NEW_ACCOUNT, () => now);
    const run = (isTenant: boolean): void => {
      const entry = concurrency.enter(isTenant);
      if ("leave" in entry) entry.leave();
    };
    return { concurrency, run, pass: (ms: number) => (now += ms) };
  };

  it("lets ten calls of all functions run together, and the next when one has ended", () => {
    const { concurrency } = prepare();
    const entries = Array.from({ length: 10 }, (_, index) => concurrency.enter(index % 2 === 0));
    expect(entries.filter((entry) => "leave" in entry)).toHaveLength(10);
    expect(concurrency.enter(false)).toEqual({ refusedBy: "concurrentExecutions" });
    const [first] = entries;
    if (first && "leave" in first) first.leave();
    expect(concurrency.enter(false)).toHaveProperty("leave");
  });

  it("counts idle environments of tenants until Lambda takes them away, and no others", () => {
    const { concurrency, run, pass } = prepare();
    for (let job = 0; job < 25; job += 1) run(true);
    expect(concurrency.enter(true)).toEqual({ refusedBy: "tenantEnvironments" });
    run(false);
    expect(concurrency.enter(false)).toHaveProperty("leave");
    pass(60_001);
    expect(concurrency.enter(true)).toHaveProperty("leave");
  });
});

describe("callRates", () => {
  it("lets forty reads of Parameter Store pass in a second, whatever they read", () => {
    let now = 0;
    const throttled = callRates(NEW_ACCOUNT, () => now);
    const read = (operation: string) => throttled("ssm", operation, () => "{}");
    const answers = Array.from({ length: 41 }, (_, index) =>
      read(index % 2 ? "GetParameter" : "GetParameters"),
    );
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(40);
    expect(answers[40]).toEqual({
      refusedBy: "parameterStoreReads",
      code: "ThrottlingException",
      message: "Rate exceeded",
    });
    expect(throttled("ssm", "PutParameter", () => "{}")).toBeUndefined();
    now = 1_000;
    expect(read("GetParametersByPath")).toBeUndefined();
  });

  it("lets a new table take 4,000 writes in a second, each table its own", () => {
    const throttled = callRates(NEW_ACCOUNT, () => 0);
    const write = (table: string) =>
      throttled("dynamodb", "PutItem", () => JSON.stringify({ TableName: table }));
    const answers = Array.from({ length: 4_001 }, () => write("ledger"));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(4_000);
    expect(answers[4_000]).toMatchObject({ refusedBy: "tableWrites", code: "ThrottlingException" });
    expect(write("mapping")).toBeUndefined();
    expect(throttled("dynamodb", "GetItem", () => '{"TableName":"ledger"}')).toBeUndefined();
  });
});
