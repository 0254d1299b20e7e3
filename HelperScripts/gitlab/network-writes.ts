import { isCaCertificate } from "../../Core/gitlab/ca-certificate";
import { badSourceRange } from "../../Core/gitlab/source-ranges";
import type { OperatorConfiguration } from "../configuration";
import { type Context, UsageError } from "../context";
import type { Write } from "./configuration-plan";

/** What `configure` stores of the way between GitLab and a deployment. */
export interface NetworkOptions {
  /** GitLab's certificate authority: the path of its file, or its text, PEM; `none` removes what is stored. */
  readonly caCertificate?: string;
  /** Ranges of addresses that webhooks may come from, joined by commas; `none` removes what is stored. */
  readonly sourceAddresses?: string;
}

const NONE = "none";
/** Parameter Store's standard tier. https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const MAX_BYTES = 4_096;

const checkedCertificate = (text: string, whose: string): string => {
  if (!isCaCertificate(text))
    throw new UsageError(
      `${whose} is no certificate in PEM form (-----BEGIN CERTIFICATE-----), or it holds a private key: give the authority's certificate`,
    );
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new UsageError(
      `${whose} has more than ${MAX_BYTES} bytes: leave out what is not needed, or store it with aws ssm put-parameter --tier Advanced`,
    );
  return text;
};

const textOf = ({ readFile }: Pick<Context, "readFile">, path: string, whose: string): string => {
  try {
    return Buffer.from(readFile(path)).toString("utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new UsageError(
      `${whose} cannot be read: give a file that is there, or the certificate itself (${why})`,
    );
  }
};

const isPem = (fileOrText: string): boolean => fileOrText.trimStart().startsWith("-----BEGIN");

/**
 * @param fileOrText a file's path, or what it would hold
 * @param field what gave it, for errors
 * @returns certificates in PEM form
 * @throws UsageError that names the field and the remedy
 */
export const readCertificate = (
  context: Pick<Context, "readFile">,
  fileOrText: string,
  field: string,
): string => {
  if (isPem(fileOrText)) return checkedCertificate(fileOrText.trim(), field);
  const whose = `${field} ${fileOrText}`;
  return checkedCertificate(textOf(context, fileOrText, whose).trim(), whose);
};

const readRanges = (list: string): string => {
  const bad = badSourceRange(list);
  if (bad !== undefined || list.trim() === "")
    throw new UsageError(
      `${JSON.stringify(bad ?? list)} is no range of addresses: give such as 34.74.90.64/28, joined by commas, or none`,
    );
  return list.trim();
};

type NetworkParameter = "gitLabCaCertificate" | "allowedSourceAddresses";

const write = async (
  configuration: OperatorConfiguration,
  parameter: NetworkParameter,
  value: string | undefined,
  shown: string,
): Promise<readonly Write[]> => {
  const stored = (await configuration.read([parameter]))[parameter];
  if (stored?.value === value) return [];
  const name = configuration.nameOf(parameter);
  return [
    { parameter, value, sentence: value === undefined ? `Remove ${name}` : `Store ${name} = ${shown}` },
  ];
};

/**
 * What is to be written of it.
 *
 * @throws UsageError when a file or list is not what it should be
 */
export const networkWrites = async (
  context: Context,
  configuration: OperatorConfiguration,
  { caCertificate: file, sourceAddresses: list }: NetworkOptions,
): Promise<readonly Write[]> => {
  const certificate =
    file === undefined || file === NONE ? undefined : readCertificate(context, file, "--ca-certificate");
  const ranges = list === undefined || list === NONE ? undefined : readRanges(list);
  return [
    ...(file === undefined
      ? []
      : await write(
          configuration,
          "gitLabCaCertificate",
          certificate,
          isPem(file) ? "the certificate" : `the certificate in ${file}`,
        )),
    ...(list === undefined ? [] : await write(configuration, "allowedSourceAddresses", ranges, ranges ?? "")),
  ];
};
