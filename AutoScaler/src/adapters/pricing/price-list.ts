import type { GetProductsCommandInput, GetProductsCommandOutput } from "@aws-sdk/client-pricing";
import { TransientError } from "../../../../Core/errors";
import type { Architecture } from "../../../../Core/model/runner-class";
import type { PriceList } from "../../ports";
import { callAws } from "../aws-errors";
import type { PricingApi } from "./client";
import { type Product, productOf } from "./products";

type Filters = Readonly<Record<string, string>>;

const products = async (
  client: PricingApi,
  ServiceCode: string,
  filters: Filters,
): Promise<readonly Product[]> => {
  const found: Product[] = [];
  let NextToken: string | undefined;
  do {
    const input: GetProductsCommandInput = {
      ServiceCode,
      FormatVersion: "aws_v1",
      Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: "TERM_MATCH", Field, Value })),
      NextToken,
    };
    const answer: GetProductsCommandOutput = await callAws("GetProducts of the price list", () =>
      client.getProducts(input),
    );
    found.push(...(answer.PriceList ?? []).flatMap((text: unknown) => productOf(String(text)) ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return found;
};

/** What is bought when an instance is launched as ours are. */
const LINUX_ON_DEMAND = {
  operatingSystem: "Linux",
  tenancy: "Shared",
  preInstalledSw: "NA",
  capacitystatus: "Used",
  marketoption: "OnDemand",
} as const;

const SUFFIX: Readonly<Record<Architecture, string>> = { arm64: "-ARM", x86_64: "" };

/** Types are asked one after the other: it is once a day, and the list answers only some calls a second. */
const inTurn = async <Answer>(
  names: readonly string[],
  ask: (name: string) => Promise<Answer>,
): Promise<readonly (readonly [string, Answer])[]> => {
  const answers: (readonly [string, Answer])[] = [];
  for (const name of names) answers.push([name, await ask(name)]);
  return answers;
};

/**
 * AWS's price list of one region.
 * https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
 *
 * @throws ConfigurationError where the account may not read it, TransientError where it does not answer
 */
export const awsPriceList = (client: PricingApi, regionCode: string): PriceList => {
  const instance = async (instanceType: string): Promise<number | undefined> =>
    (await products(client, "AmazonEC2", { regionCode, instanceType, ...LINUX_ON_DEMAND }))[0]?.price;

  const ofLambda = async (group: string): Promise<number> => {
    const [first] = await products(client, "AWSLambda", { regionCode, group });
    if (first === undefined) throw new TransientError(`The price list has no ${group} in ${regionCode}`);
    return first.price;
  };

  const ofArchitecture = async (architecture: Architecture) => ({
    gbSecond: await ofLambda(`AWS-Lambda-Duration${SUFFIX[architecture]}`),
    request: await ofLambda(`AWS-Lambda-Requests${SUFFIX[architecture]}`),
  });

  return {
    instances: async (types) => {
      const prices = await inTurn(types, instance);
      return Object.fromEntries(prices.filter((entry): entry is [string, number] => entry[1] !== undefined));
    },
    lambda: async () => ({ arm64: await ofArchitecture("arm64"), x86_64: await ofArchitecture("x86_64") }),
  };
};
