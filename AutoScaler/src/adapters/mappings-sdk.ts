import type { Mappings } from "../domain/ports";
import { dynamoDbClient } from "./dynamo-client";
import { dynamoMappings } from "./dynamo-mappings";

/** What `mappings-later.ts` loads; no function imports it otherwise. */
export const mappingsSdk = (table: string): Mappings => dynamoMappings(dynamoDbClient(), table);
