import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { Clients } from "../context";
import { type Deployment, routingSettings } from "../deployment";
import { lookAtFunctions } from "../functions/find-missing";
import { unsizedText } from "../mapping/unsized-types";
import {
  type DocumentEntry,
  type DocumentFinding,
  type DocumentReading,
  readDocumentFile,
} from "./read-document";

const arnOf = ({ row }: DocumentEntry): string | undefined =>
  typeof row.arn === "string" ? row.arn : undefined;

const finding = ({ at, where }: DocumentEntry, message: string): DocumentFinding => ({
  ...at,
  message: `${where}.lambdaArn ${message}`,
});

/**
 * Whether the functions that a document names are there: a job that is mapped to none uses up its attempts. One that
 * could not be looked at is a warning.
 *
 * @param reading without errors of its own
 */
const checkFunctionsOf = async (
  client: Pick<LambdaClient, "send">,
  reading: DocumentReading,
): Promise<DocumentReading> => {
  const entries = reading.entries.filter((entry) => arnOf(entry) !== undefined);
  const { missing, unknown } = await lookAtFunctions(
    client,
    entries.map((entry) => arnOf(entry) ?? ""),
  );
  const errors = entries
    .filter((entry) => missing.has(arnOf(entry) ?? ""))
    .map((entry) =>
      finding(entry, `names ${arnOf(entry)}, and there is no such function: deploy it first, or correct it`),
    );
  const warnings = entries.flatMap((entry) => {
    const error = unknown.get(arnOf(entry) ?? "");
    return error === undefined
      ? []
      : [finding(entry, `names ${arnOf(entry)}, which could not be looked at (${error})`)];
  });
  return {
    ...reading,
    errors: [...reading.errors, ...errors],
    warnings: [...reading.warnings, ...warnings],
  };
};

/** Reads a document's bytes and checks all of it against a stack: its settings, and the functions that there are. */
export const readForStack = async (
  clients: Pick<Clients, "lambda" | "ssm">,
  bytes: Uint8Array,
  path: string,
  deployment: Deployment,
): Promise<DocumentReading> => {
  const settings = await routingSettings(clients, deployment);
  const reading = readDocumentFile(bytes, path, settings);
  if (reading.errors.length > 0) return reading;
  const checked = await checkFunctionsOf(clients.lambda(), reading);
  const message = unsizedText(settings);
  return message === undefined
    ? checked
    : { ...checked, warnings: [...checked.warnings, { line: 1, column: 1, message }] };
};
