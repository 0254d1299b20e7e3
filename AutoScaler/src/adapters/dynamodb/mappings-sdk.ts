import { ANY_JOB_KEY } from "../../../../Core/routing/mapping-keys";
import type { Mappings } from "../../ports";
import { dynamoMappings } from "./mappings";
import { sharedDynamoDbClient } from "./shared-client";

/**
 * Imported by `mappings-later.ts` alone. The first read here opens the connection while GitLab's answer is on
 * its way, so it adds no delay. Its result and errors are ignored: the look-up reads for itself.
 */
export const mappingsSdk = (table: string): Mappings => {
  const mappings = dynamoMappings(sharedDynamoDbClient(), table);
  void mappings.rows(ANY_JOB_KEY).catch(() => undefined);
  return mappings;
};
