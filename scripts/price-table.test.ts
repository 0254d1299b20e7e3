import { fakePrices } from "../AutoScaler/src/testing/fakes/fake-prices";
import { priceTable } from "./price-table";

it("the dated table is made of the price list of each region, and leaves out what a list lacks", async () => {
  const table = await priceTable({
    regions: ["eu-west-1", "us-east-1"],
    instanceTypes: ["m7g.large", "t3.medium"],
    day: "2026-11-30",
    listOf: (region) => fakePrices(region).priceList,
  });
  expect(table).toMatchObject({
    "eu-west-1": { asOf: "2026-11-30", hour: { "m7g.large": 0.091 } },
    "us-east-1": { asOf: "2026-11-30", hour: { "m7g.large": 0.0816, "t3.medium": 0.0416 } },
  });
  expect(table["eu-west-1"]?.hour).not.toHaveProperty("t3.medium");
});
