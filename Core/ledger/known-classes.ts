import type { LedgerReader } from "./reader";

export const CLASSES_RECORD = "classes";

const isListOfStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** Keys of the classes whose jobs have been queued. */
export const readClasses = async (
  ledger: Pick<LedgerReader, "stateRecord">,
): Promise<{ readonly names: readonly string[]; readonly version: number }> => {
  const stateRecord = await ledger.stateRecord(CLASSES_RECORD);
  return {
    names: isListOfStrings(stateRecord?.value) ? stateRecord.value : [],
    version: stateRecord?.version ?? 0,
  };
};
