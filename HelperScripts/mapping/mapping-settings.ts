import { ConfigurationError } from "../../Core/errors";
import { isBad } from "../../Core/routing/mapping-row";
import { mappingRows } from "../../Core/routing/read-mapping";
import { type RoutingSettings, readSettings } from "../../Core/routing/routing";
import type { Context } from "../context";
import { type Deployment, output, routingSettings } from "../deployment";
import { tableReads } from "../table-reads";

/**
 * What counts now: the stack's parameters, and the settings row of the mapping table over them.
 *
 * @param stack what the parameters say, where it has been read
 * @throws ConfigurationError when the row cannot be read
 */
export const mappingSettings = async (
  { clients }: Context,
  deployment: Deployment,
  stack?: RoutingSettings,
): Promise<RoutingSettings> => {
  const table = tableReads(clients.dynamoDb(), output(deployment, "MappingTableName"));
  const ofStack = stack ?? (await routingSettings(clients, deployment));
  const settings = await readSettings((pk) => mappingRows(table, pk), ofStack);
  if (!isBad(settings)) return settings;
  throw new ConfigurationError(
    `The mapping's settings row ${settings.problem}: no job can start. Correct it in the document, then: npx runners mapping upload FILE`,
  );
};
