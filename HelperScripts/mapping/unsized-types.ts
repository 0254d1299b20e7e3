import { SIZES_AS_OF } from "../../Core/account/instance-sizes";
import { unsizedTypes } from "../../Core/job-tags/fitting-types";
import type { RoutingSettings } from "../../Core/routing/routing-settings";

/** What is to be known of allowed types without a known size; undefined: there are none. */
export const unsizedText = (settings: RoutingSettings): string | undefined => {
  const types = unsizedTypes(settings);
  return types.length === 0
    ? undefined
    : `AutoScaler allows ${types.join(", ")}, whose size is not known: no job gets it by its tags aws:cpu and aws:memory (the table of sizes is of ${SIZES_AS_OF})`;
};
