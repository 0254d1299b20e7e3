import { ANY_JOB_KEY } from "../../../../Core/routing/mapping-keys";
import type { Mappings } from "../../ports";
import { dynamoMappings } from "./mappings";
import { sharedDynamoDbClient } from "./shared-client";

/**
 * What `mappings-later.ts` loads; no function imports it otherwise. A first read opens the connection: it costs the
 * job nothing while GitLab's answer is under way. What it finds, or why it fails, the look-up's own reads tell.
 */
export const mappingsSdk = (table: string): Mappings => {
  const mappings = dynamoMappings(sharedDynamoDbClient(), table);
  void mappings.rows(ANY_JOB_KEY).catch(() => undefined);
  return mappings;
};
