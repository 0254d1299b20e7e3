import { ConfigurationError, TransientError } from "../../../../Core/errors";
import { type PricingApi, priceListRegion } from "./client";
import { awsPriceList } from "./price-list";
import { productOf } from "./products";

type Tier = readonly [from: string, dollars: string];

/** As GetProducts gives a product: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html */
const product = (attributes: object, ...tiers: readonly Tier[]): string =>
  JSON.stringify({
    product: { attributes, productFamily: "any", sku: "SKU" },
    terms: {
      OnDemand: {
        "SKU.TERM": {
          priceDimensions: Object.fromEntries(
            tiers.map(([beginRange, USD], index) => [
              `SKU.TERM.${index}`,
              { beginRange, unit: "Hrs", pricePerUnit: { USD } },
            ]),
          ),
        },
      },
    },
  });

type Asked = Parameters<PricingApi["getProducts"]>[0];

/** Answers by what a filter asks; each answer comes in pages of one product. */
const listDouble = (answers: Readonly<Record<string, readonly string[]>>) => {
  const asked: Asked[] = [];
  const client: PricingApi = {
    getProducts: async (input) => {
      asked.push(input);
      const names = (input.Filters ?? []).map(({ Value }) => Value ?? "");
      const pages = answers[names.find((name) => name in answers) ?? ""] ?? [];
      const page = Number(input.NextToken ?? 0);
      return {
        $metadata: {},
        PriceList: pages.slice(page, page + 1),
        ...(page + 1 < pages.length ? { NextToken: String(page + 1) } : {}),
      };
    },
  };
  return { asked, list: awsPriceList(client, "eu-west-1") };
};

describe("AWS's price list", () => {
  it("is asked for each type as our instances are launched, and says what it has", async () => {
    const { list, asked } = listDouble({
      "m7g.large": [product({}, ["0", "0.0000000000"]), product({}, ["0", "0.0910000000"])],
    });
    expect(await list.instances(["m7g.large", "z9.large"])).toEqual({ "m7g.large": 0.091 });
    expect(asked[0]).toMatchObject({ ServiceCode: "AmazonEC2", FormatVersion: "aws_v1" });
    const filters = asked[0]?.Filters?.map(({ Type, Field, Value }) => `${Type} ${Field}=${Value}`);
    expect(filters).toEqual([
      "TERM_MATCH regionCode=eu-west-1",
      "TERM_MATCH instanceType=m7g.large",
      "TERM_MATCH operatingSystem=Linux",
      "TERM_MATCH tenancy=Shared",
      "TERM_MATCH preInstalledSw=NA",
      "TERM_MATCH capacitystatus=Used",
      "TERM_MATCH marketoption=OnDemand",
    ]);
  });

  it("has Lambda's first tier, not the volume discounts", async () => {
    const { list, asked } = listDouble({
      "AWS-Lambda-Duration": [
        product({}, ["6000000000", "0.0000150000"], ["0", "0.0000166667"], ["15000000000", "0.0000133334"]),
      ],
      "AWS-Lambda-Duration-ARM": [product({}, ["7500000000", "0.0000120001"], ["0", "0.0000133334"])],
      "AWS-Lambda-Requests": [product({}, ["0", "0.0000002000"])],
      "AWS-Lambda-Requests-ARM": [product({}, ["0", "0.0000002000"])],
    });
    expect(await list.lambda()).toEqual({
      arm64: { gbSecond: 0.0000133334, request: 0.0000002 },
      x86_64: { gbSecond: 0.0000166667, request: 0.0000002 },
    });
    expect(new Set(asked.map(({ ServiceCode }) => ServiceCode))).toEqual(new Set(["AWSLambda"]));
  });

  it("is incomplete where it lacks a price of Lambda's", async () => {
    await expect(listDouble({}).list.lambda()).rejects.toThrow(TransientError);
  });

  it("is refused where the account may not read it", async () => {
    const refused = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    const list = awsPriceList({ getProducts: () => Promise.reject(refused) }, "eu-west-1");
    await expect(list.instances(["m7g.large"])).rejects.toThrow(ConfigurationError);
  });

  it.each(["", "{", "[]", "{}", product({}), product({}, ["0", "free"]), product({}, ["0", "0"])])(
    "has products that say no price: %s",
    (text) => {
      expect(productOf(text)).toBeUndefined();
    },
  );

  it.each([
    ["eu-west-1", "eu-central-1"],
    ["ap-southeast-2", "ap-south-1"],
    ["sa-east-1", "us-east-1"],
    ["ca-central-1", "us-east-1"],
  ])("of %s is served in %s", (region, endpoint) => {
    expect(priceListRegion(region)).toBe(endpoint);
  });
});
