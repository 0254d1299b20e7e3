import type { MappingRow, Mappings } from "../../ports";
import { freshId } from "./samples";

export interface MappingsUnderTest {
  readonly mappings: Mappings;
  put(row: MappingRow): Promise<void>;
}

/** The contract of every mapping table. Names are new in every test. */
export const mappingsContract = (prepare: () => MappingsUnderTest | Promise<MappingsUnderTest>): void => {
  it("returns all rows of one partition in the order of their sort keys", async () => {
    const { mappings, put } = await prepare();
    const pk = `job#build ${freshId()}`;
    for (const sk of ["tags#z", "tags#", "tags#a#b"]) await put({ pk, sk, type: "EC2" });
    await put({ pk: `${pk}x`, sk: "tags#", type: "LAMBDA" });
    expect((await mappings.rows(pk)).map(({ sk }) => sk)).toEqual(["tags#", "tags#a#b", "tags#z"]);
  });

  it("I-27: returns every field as it was stored, for the rule to validate", async () => {
    const { mappings, put } = await prepare();
    const row = {
      pk: `class#${freshId()}`,
      sk: "class",
      type: "EC2",
      instanceTypes: ["c7g.large"],
      maxRunners: 5,
      privileged: false,
      projects: [1, 2],
      unknown: { deep: "🦊" },
    };
    await put(row);
    expect(await mappings.rows(row.pk)).toEqual([row]);
  });

  it("lists the projects that its keys and its classes name", async () => {
    const { mappings, put } = await prepare();
    const [ofKey, allowed] = [freshId(), freshId()];
    await put({ pk: `project#${ofKey}#job#build`, sk: "tags#", type: "EC2" });
    await put({ pk: `class#${freshId()}`, sk: "class", type: "EC2", projects: [allowed] });
    await put({ pk: `job#${freshId()}`, sk: "tags#", type: "EC2" });
    expect(await mappings.projectIds()).toEqual(expect.arrayContaining([ofKey, allowed]));
  });

  it("lists the functions and markets that its rows name", async () => {
    const { mappings, put } = await prepare();
    const arn = `arn:aws:lambda:eu-west-1:111122223333:function:runner-${freshId()}`;
    await put({ pk: `job#${freshId()}`, sk: "tags#", type: "LAMBDA", arn });
    await put({ pk: `class#${freshId()}`, sk: "class", type: "EC2", market: "spot" });
    const { functionArns, markets } = await mappings.launchables();
    expect(functionArns).toContain(arn);
    expect(markets).toContain("spot");
  });

  it("F-15: returns no rows for an absent partition", async () => {
    const { mappings } = await prepare();
    expect(await mappings.rows(`job#none-${freshId()}`)).toEqual([]);
  });
};
