import type { LedgerReader } from "./reader";

export const CLASSES_NOTE = "classes";

const isListOfStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** Keys of the classes in which jobs have waited. */
export const readClasses = async (
  ledger: Pick<LedgerReader, "note">,
): Promise<{ readonly names: readonly string[]; readonly version: number }> => {
  const note = await ledger.note(CLASSES_NOTE);
  return { names: isListOfStrings(note?.value) ? note.value : [], version: note?.version ?? 0 };
};
