import type { Mappings } from "../../ports";
import { loadLater } from "../load-later";

/** The mapping table. Its client is loaded with the first read or by `load`, while GitLab is being asked. */
export const mappingsLater = (table: string): Mappings & { readonly load: () => void } => {
  const mappings = loadLater("The mapping table", async () =>
    (await import("./mappings-sdk")).mappingsSdk(table),
  );
  return {
    load: mappings.begin,
    rows: async (pk) => (await mappings.get()).rows(pk),
    projectIds: async () => (await mappings.get()).projectIds(),
    launchables: async () => (await mappings.get()).launchables(),
  };
};
