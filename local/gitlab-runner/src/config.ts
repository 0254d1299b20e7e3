import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify, type TomlTable } from "smol-toml";

import { defined } from "../../../Core/defined";
import { type CacheConfig, cacheConfig } from "./cache/cache-config";

/** The settings of a `[[runners]]` entry, or of the corresponding flags, that the stand-in uses. */
export interface RunnerConfig {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  readonly executor: string;
  readonly buildsDir: string;
  readonly cacheDir: string;
  /** Variables for every job, as `KEY=value`. */
  readonly environment: readonly string[];
  /** Number of attempts for the final report. */
  readonly finalUpdateRetryLimit: number;
  /** Maximum size of a job's log. */
  readonly outputLimitBytes: number;
  readonly preGetSourcesScript: string;
  readonly preBuildScript: string;
  readonly postBuildScript: string;
  readonly systemId: string;
  /** Absent: jobs have no cache. */
  readonly cache?: CacheConfig;
}

const DEFAULT_FINAL_UPDATE_RETRIES = 10;
const DEFAULT_OUTPUT_LIMIT_KIB = 4096;

const text = (table: TomlTable, key: string): string => (typeof table[key] === "string" ? table[key] : "");
const number = (table: TomlTable, key: string, fallback: number): number =>
  typeof table[key] === "number" && table[key] > 0 ? table[key] : fallback;
const list = (table: TomlTable, key: string): string[] =>
  Array.isArray(table[key]) ? table[key].filter((item) => typeof item === "string") : [];

/** Reads the settings by their keys in config.toml. */
export const runnerConfig = (table: TomlTable, systemId: string): RunnerConfig => ({
  name: text(table, "name"),
  url: text(table, "url").replace(/\/+$/, ""),
  token: text(table, "token"),
  executor: text(table, "executor"),
  buildsDir: text(table, "builds_dir") || join(process.cwd(), "builds"),
  cacheDir: text(table, "cache_dir") || join(process.cwd(), "cache"),
  environment: list(table, "environment"),
  finalUpdateRetryLimit: number(table, "job_status_final_update_retry_limit", DEFAULT_FINAL_UPDATE_RETRIES),
  outputLimitBytes: 1024 * number(table, "output_limit", DEFAULT_OUTPUT_LIMIT_KIB),
  preGetSourcesScript: text(table, "pre_get_sources_script"),
  preBuildScript: text(table, "pre_build_script"),
  postBuildScript: text(table, "post_build_script"),
  systemId,
  ...defined({ cache: cacheConfig(table) }),
});

const isTable = (value: unknown): value is TomlTable =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** The `[[runners]]` entries of a configuration file. It is read only once, since it may be a FIFO. */
export const readRunners = (path: string): TomlTable[] => {
  const { runners } = parse(readFileSync(path, "utf8"));
  return Array.isArray(runners) ? runners.filter(isTable) : [];
};

const SYSTEM_ID = /^[sr]_[0-9a-zA-Z]{12}$/;

const storedSystemId = (file: string): string | undefined => {
  try {
    const id = readFileSync(file, "utf8").trim();
    return SYSTEM_ID.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
};

/** The id in `.runner_system_id` next to the configuration file; otherwise a new one, which is not stored. */
export const systemId = (configFile: string | undefined): string =>
  (configFile && storedSystemId(join(dirname(configFile), ".runner_system_id"))) ||
  `r_${randomBytes(6).toString("hex")}`;

/** Writes the configuration file (mode 0600) and the system id next to it, as `register` does. */
export const writeRunners = (path: string, entries: readonly TomlTable[], id: string): void => {
  writeFileSync(path, stringify({ concurrent: 1, runners: [...entries] }), { mode: 0o600 });
  writeFileSync(join(dirname(path), ".runner_system_id"), id, { mode: 0o600 });
};

/** The name of a runner in logs and paths: the first nine characters of its token after the prefix. */
export const shortToken = (token: string): string => token.replace(/^gl[a-z]+-/, "").slice(0, 9);
