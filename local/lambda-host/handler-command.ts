import type { WorkerSource } from "./pool";

/** From the first moment on; before Node.js 22.14 there is the listener of `no-inspector` alone. */
const NO_INSPECTOR = process.allowedNodeEnvironmentFlags.has("--disable-sigusr1")
  ? ["--disable-sigusr1"]
  : [];

/**
 * The command that runs a runner function's handler in a process of its own: as in the image without core files, which
 * would hold what the handler knows, and without an inspector.
 */
export const handlerCommand = (
  script: string,
  { file, exportName }: Pick<WorkerSource, "file" | "exportName">,
  node = process.execPath,
): readonly string[] => [
  "bash",
  "-c",
  'ulimit -c 0 && exec "$0" "$@"',
  node,
  ...NO_INSPECTOR,
  script,
  file,
  exportName,
];
