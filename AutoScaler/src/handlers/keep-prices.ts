import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseRoutingSettings } from "../../../Core/routing/routing-settings";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoMappings } from "../adapters/dynamodb/mappings";
import { spotClient } from "../adapters/ec2/spot-client";
import { ec2SpotMarket } from "../adapters/ec2/spot-market";
import { lambdaClient } from "../adapters/lambda/client";
import { lambdaFunctionSizes } from "../adapters/lambda/function-sizes";
import { pricingClient } from "../adapters/pricing/client";
import { awsPriceList } from "../adapters/pricing/price-list";
import { keepPrices, type PriceReport } from "../pricing/keep-prices";
import { ledgerOf } from "./ledger-wiring";
import { machine } from "./machine";
import { publishedRunnerLater } from "./parameter-store-later";

const env = readEnv(process.env, {
  region: "AWS_REGION",
  path: "CONFIGURATION_PATH",
  ledgerTable: "LEDGER_TABLE",
  mappingTable: "MAPPING_TABLE",
  subnetIds: "SUBNET_IDS",
});
const dynamoDb = dynamoDbClient();
const publishedRunner = publishedRunnerLater(env.path);
const parts = {
  ...machine,
  ledger: ledgerOf(env.ledgerTable, undefined, dynamoDb),
  mappings: dynamoMappings(dynamoDb, env.mappingTable),
  priceList: awsPriceList(pricingClient(env.region), env.region),
  spotMarket: ec2SpotMarket(spotClient(), machine.clock),
  functionSizes: lambdaFunctionSizes(lambdaClient()),
};
const subnetIds = [...new Set(env.subnetIds.split(",").map((id) => id.trim()))];

/** Target of the schedule, every ten minutes. */
export const handler = async (): Promise<PriceReport> => {
  const routing = parseRoutingSettings(process.env, undefined, await publishedRunner());
  const report = await keepPrices(parts, { ...routing, region: env.region, subnetIds });
  const { outcome, ...fields } = report;
  log.info("PRICES_KEPT", { outcome, ...fields });
  return report;
};
