import type { ProcessTable } from "../../../Core/process/process-table";
import { endRemainingProcesses } from "../../../Core/process/remaining-processes";
import { emptyFolders } from "./environment-root";

const END_MILLISECONDS = 5_000;

/** What former jobs had left in an environment, and what of it is still there. */
export interface ClearedEnvironment {
  readonly processes: number;
  readonly files: number;
  readonly areProcessesGone: boolean;
  readonly areFilesGone: boolean;
}

export const NOTHING_REMAINING: ClearedEnvironment = {
  processes: 0,
  files: 0,
  areProcessesGone: true,
  areFilesGone: true,
};

/**
 * Removes what former jobs left, where no other program runs: a job may have ended the handler before it could clean up,
 * and Lambda gives the next handler the same folders. It goes by what is there and by what the kernel remembers of each
 * process, never by a file, which a job could remove. Processes go first: they could write files anew.
 */
export const clearEnvironment = async (
  table: ProcessTable,
  folders: readonly string[],
): Promise<ClearedEnvironment> => {
  const processes = await endRemainingProcesses(table, END_MILLISECONDS);
  const files = await emptyFolders(folders);
  return {
    processes: processes.found,
    files: files ?? 0,
    areProcessesGone: processes.areGone,
    areFilesGone: files !== undefined,
  };
};
