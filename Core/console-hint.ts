import { codeOf, INSTALL_FAILURE_CODES, type InstallFailure } from "./model/reasons";

/** cloud-init puts its name and time before a line, the console a carriage return after it. */
const LINE = /(?:^|: )glr: not installed: ([a-z-]+)\s*$/gm;

/**
 * Why a machine could not install what its image lacks, from the last such line of its console. Whatever runs on a machine may
 * write there: a hint for people, and no rule reads more from it than a pause. Anything but a known code in this one form is left alone.
 */
export const installFailureIn = (console: string): InstallFailure | undefined =>
  codeOf(INSTALL_FAILURE_CODES, [...console.matchAll(LINE)].at(-1)?.[1]);
