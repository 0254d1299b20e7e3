import { readMapping } from "../mapping-reading";
import type { StoredRow } from "../mapping-state";
import { parseRoutingSettings, readSettings, route } from "../routing";

const STACK = parseRoutingSettings({
  DEFAULT_ARCHITECTURE: "arm64",
  INSTANCE_TYPES_ARM64: "m7g.large",
  INSTANCE_TYPES_X86_64: "m7i.large",
  DISK_GIB: "30",
  EC2_MAX_LIFETIME_SECONDS: "43200",
});

const row = (fields: object): StoredRow => ({ ...fields, pk: "class#default", sk: "class" });
const reader =
  (...rows: readonly StoredRow[]) =>
  async (pk: string): Promise<readonly StoredRow[]> =>
    rows.filter((each) => each.pk === pk);
const job = { projectId: 42, name: "build", tags: [], verified: true };

const ALL = row({
  EC2: { market: "on-demand", lifetimeSeconds: 900, waitTimeoutSeconds: 30 },
  LAMBDA: { lifetimeSeconds: 600, waitTimeoutSeconds: 20 },
});

describe("the class default", () => {
  it("is spot first, two hours and two minutes on EC2, 15 minutes and one on Lambda, where no row says otherwise", async () => {
    expect(await readSettings(reader(), STACK)).toMatchObject({
      defaults: {
        EC2: { lifetimeSeconds: 7_200, waitTimeoutSeconds: 120, ec2: { market: "spot-first" } },
        LAMBDA: { lifetimeSeconds: 900, waitTimeoutSeconds: 60 },
      },
    });
  });

  it("is what its row says, for jobs without a class and for what a class leaves out", async () => {
    const mapped = [
      { pk: "job#build", sk: "tags#small", type: "EC2", class: "small" },
      { pk: "class#small", sk: "class", type: "EC2", lifetimeSeconds: 1_200 },
    ];
    expect(await route(job, reader(ALL), STACK)).toMatchObject({
      runnerClass: {
        name: "default",
        lifetimeSeconds: 900,
        waitTimeoutSeconds: 30,
        ec2: { market: "on-demand" },
      },
    });
    const ofClass = await route({ ...job, tags: ["small"] }, reader(ALL, ...mapped), STACK);
    expect(ofClass).toMatchObject({
      runnerClass: { lifetimeSeconds: 1_200, waitTimeoutSeconds: 30, ec2: { market: "on-demand" } },
    });
    expect(await readSettings(reader(ALL), STACK)).toMatchObject({
      defaults: { LAMBDA: { lifetimeSeconds: 600, waitTimeoutSeconds: 20 } },
    });
  });

  it("keeps what its row leaves out, and the other settings", async () => {
    const settings = { pk: "settings", sk: "settings", maxRunnersPerClass: 7 };
    const decided = await readSettings(reader(row({ EC2: { market: "spot" } }), settings), STACK);
    expect(decided).toMatchObject({
      defaults: {
        EC2: { maxRunners: 7, lifetimeSeconds: 7_200, ec2: { market: "spot", diskGiB: 30 } },
        LAMBDA: { maxRunners: 7, lifetimeSeconds: 900 },
      },
    });
  });

  it("counts from the moment of its upload", async () => {
    const staged = row({ staged: { generation: 3, row: { EC2: { market: "spot" } } } });
    const at = (applied: number) =>
      readSettings(reader(staged, { pk: "mapping", sk: "state", applied }), STACK);
    expect(await at(2)).toMatchObject({ defaults: { EC2: { ec2: { market: "spot-first" } } } });
    expect(await at(3)).toMatchObject({ defaults: { EC2: { ec2: { market: "spot" } } } });
  });

  it.each([
    [{ type: "EC2", market: "spot" }, "type"],
    [{ EC2: { market: "cheap" } }, "market"],
    [{ EC2: { lifetimeSeconds: 599 } }, "lifetimeSeconds"],
    [{ LAMBDA: { lifetimeSeconds: 901 } }, "lifetimeSeconds"],
    [{ LAMBDA: { market: "spot" } }, "market"],
    [{ EC2: { privileged: true } }, "privileged"],
    [{ EC2: [] }, "EC2"],
    [{ EC2: "spot" }, "EC2"],
  ])("I-27: makes every start fail, and names %j, where its row cannot be read", async (fields, word) => {
    const decided = await route(job, reader(row(fields)), STACK);
    expect(decided).toMatchObject({
      kind: "failed",
      why: { code: "bad-row", row: { pk: "class#default", sk: "class" } },
    });
    expect(decided.why.sentence).toContain(word);
    expect(readMapping([row(fields)]).flaws).toMatchObject([{ kind: "unreadable" }]);
  });

  it("is no use where the stack ends instances before", () => {
    const long = row({ EC2: { lifetimeSeconds: 50_000 } });
    expect(readMapping([long], STACK).flaws).toMatchObject([
      { kind: "unusable", message: expect.stringContaining("50000") },
    ]);
    expect(readMapping([ALL], STACK).flaws).toEqual([]);
  });
});
