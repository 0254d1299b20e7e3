import { decodeRunner } from "../../Core/ledger/codec";
import { KEPT, keptSk, OPEN_INDEX } from "../../Core/ledger/keys";
import type { TableReads } from "../../Core/ledger/table-reads";
import type { Runner, Time } from "../../Core/model/ledger";

/** More are kept only by mistake, and nobody reads on. */
const MOST = 500;

/** Runners that are gone, and whose MicroVM is kept. May lag. */
export const keptRunners = async (table: TableReads, now: Time): Promise<readonly Runner[]> => {
  const { Items = [] } = await table.query({
    IndexName: OPEN_INDEX,
    KeyConditionExpression: "openPk = :openPk AND openSk > :now",
    ExpressionAttributeValues: { ":openPk": { S: KEPT }, ":now": { S: keptSk(now + 1) } },
    Limit: MOST,
  });
  return Items.map(decodeRunner);
};
