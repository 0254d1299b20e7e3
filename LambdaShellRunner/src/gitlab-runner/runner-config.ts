import type { BootstrapRow } from "../../../Core/bootstrap-row";
import type { Workspace } from "../environment/workspace";

/** The name of the entry, by which `-r` finds it. */
export const RUNNER_NAME = "job";

/** Rounds in which a failing last report is tried: given up about 22 s after the job's end, not nine minutes. */
const FINAL_REPORT_ROUNDS = 4;

/** JSON's escapes are TOML's too; DEL alone is not escaped by JSON. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll("\u007f", "\\u007f");

/**
 * gitlab-runner's configuration, to be handed over through a pipe: it holds the token.
 * https://docs.gitlab.com/runner/configuration/advanced-configuration/
 *
 * `environment` sets PATH once more, because a job's login shell has it overwritten by /etc/profile.
 */
export const runnerToml = (
  row: Pick<BootstrapRow, "url" | "token">,
  workspace: Pick<Workspace, "builds" | "cache">,
  path: string,
): string =>
  [
    "[[runners]]",
    `name = ${quoted(RUNNER_NAME)}`,
    `url = ${quoted(row.url)}`,
    `token = ${quoted(row.token)}`,
    'executor = "shell"',
    'shell = "bash"',
    `builds_dir = ${quoted(workspace.builds)}`,
    `cache_dir = ${quoted(workspace.cache)}`,
    `environment = [${quoted(`PATH=${path}`)}]`,
    `job_status_final_update_retry_limit = ${FINAL_REPORT_ROUNDS}`,
    "",
  ].join("\n");
