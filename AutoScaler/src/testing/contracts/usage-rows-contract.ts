import type { DayNames, DayUsage } from "../../../../Core/usage/sums";
import type { UsageRows } from "../../ports";
import { freshId } from "./samples";

/** The contract of a day's rows. Projects are new in every test, so one table serves all of them. */
export const usageRowsContract = (prepare: () => UsageRows | Promise<UsageRows>): void => {
  const day = (projectId: number, patch: Partial<DayUsage> = {}): DayUsage => ({
    day: "2026-11-25",
    projectId,
    groups: { "EC2#big#spot": { jobs: 3, usd: 0.0625, "wait:slot": 40 } },
    ...patch,
  });
  const names = (projectId: number, patch: Partial<DayNames> = {}): DayNames => ({
    day: "2026-11-25",
    projectId,
    names: [{ name: "a#b 🦊", numbers: { jobs: 3, usd: 0.0625 } }],
    ...patch,
  });

  it("I-40: keep one row a project and day, as it was stored last", async () => {
    const rows = await prepare();
    const id = freshId();
    for (const row of [day(id, { groups: {} }), day(id), day(id, { day: "2026-11-26" })])
      await rows.putDay(row);
    expect(await rows.days("2026-11", id)).toEqual([day(id), day(id, { day: "2026-11-26" })]);
  });

  it("I-40: are read by month, of one project or of all", async () => {
    const rows = await prepare();
    const [one, other] = [freshId(), freshId()];
    for (const row of [day(one), day(other), day(one, { day: "2026-12-01" })]) await rows.putDay(row);
    expect(await rows.days("2026-12", one)).toEqual([day(one, { day: "2026-12-01" })]);
    const all = await rows.days("2026-11");
    expect(all.filter(({ projectId }) => [one, other].includes(projectId))).toHaveLength(2);
  });

  it("I-40: keep the names apart", async () => {
    const rows = await prepare();
    const id = freshId();
    await rows.putNames(names(id));
    expect(await rows.names("2026-11", id)).toEqual([names(id)]);
    expect([await rows.days("2026-11", id), await rows.names("2026-12", id)]).toEqual([[], []]);
  });
};
