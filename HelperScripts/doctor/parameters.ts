import { isCaCertificate } from "../../Core/gitlab/ca-certificate";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { badSourceRange } from "../../Core/gitlab/source-ranges";
import { signingKey } from "../../Core/gitlab/webhook-signature";
import { configurationOf, type ParameterName, type StoredParameter } from "../configuration";
import { type Check, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "parameters";
const CONFIGURE = "Run: npx runners configure";

const CA_REMEDY =
  "Store the file of GitLab's certificate authority, or delete the parameter (docs/networks.md)";
const ADDRESS_REMEDY =
  "Store ranges of addresses joined by commas, e.g. 34.74.90.64/28, or delete the parameter";

type Stored = Readonly<Partial<Record<ParameterName, StoredParameter>>>;

const urlFinding = (url: StoredParameter | undefined, name: string): DoctorFinding => {
  if (url === undefined) return problem(AREA, `${name} is missing`, CONFIGURE);
  try {
    return ok(AREA, `${name} is ${checkGitLabUrl(url.value)}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : "it is wrong";
    return problem(AREA, `${name}: ${message}`, CONFIGURE);
  }
};

const secretFinding = (stored: StoredParameter, name: string): DoctorFinding => {
  if (stored.value === "") return problem(AREA, `${name} is empty`, CONFIGURE);
  return stored.type === "SecureString"
    ? ok(AREA, `${name} is there, encrypted`)
    : problem(
        AREA,
        `${name} is a ${stored.type}: anybody who may read parameters reads the secret`,
        `Make the secret anew, and store it as SecureString. ${CONFIGURE}`,
      );
};

const keyFinding = (stored: StoredParameter, name: string): DoctorFinding =>
  stored.value !== "" && signingKey(stored.value) === undefined
    ? problem(AREA, `${name} is no signing key: whsec_ and base64 of 24 to 64 bytes`, CONFIGURE)
    : secretFinding(stored, name);

/** One of secret and signing key must be there; each may have one before it, while it is being changed. */
const webhookFindings = (
  stored: Stored,
  nameOf: (name: ParameterName) => string,
): readonly DoctorFinding[] => {
  const looks = [
    ["webhookSecret", secretFinding],
    ["webhookSecretPrevious", secretFinding],
    ["webhookSigningKey", keyFinding],
    ["webhookSigningKeyPrevious", keyFinding],
  ] as const;
  const found = looks.flatMap(([name, look]) => {
    const parameter = stored[name];
    return parameter === undefined ? [] : [look(parameter, nameOf(name))];
  });
  if (stored.webhookSecret ?? stored.webhookSigningKey) return found;
  const sentence = `${nameOf("webhookSecret")} is missing, and so is ${nameOf("webhookSigningKey")}: no webhook is let in`;
  return [...found, problem(AREA, sentence, CONFIGURE)];
};

const accessFindings = (
  stored: Stored,
  nameOf: (name: ParameterName) => string,
): readonly DoctorFinding[] => {
  const { accessToken, registrationToken } = stored;
  const found = [
    ...(accessToken ? [secretFinding(accessToken, nameOf("accessToken"))] : []),
    ...(registrationToken ? [secretFinding(registrationToken, nameOf("registrationToken"))] : []),
  ];
  if (accessToken) return found;
  if (registrationToken === undefined) {
    return [problem(AREA, `${nameOf("accessToken")} is missing`, CONFIGURE)];
  }
  const sentence =
    "There is no AccessToken: jobs are known by their webhooks alone, and lost webhooks stay lost";
  return [...found, warning(AREA, sentence, CONFIGURE)];
};

const startsFinding = (starts: StoredParameter | undefined, name: string): DoctorFinding => {
  const value = starts?.value.toLowerCase() ?? "on";
  if (value === "on") return ok(AREA, "New starts are on");
  return value === "off"
    ? warning(AREA, "New starts are paused", "Resume them with: npx runners resume")
    : problem(AREA, `${name} is neither on nor off`, "Run: npx runners resume");
};

const certificateFindings = (stored: StoredParameter | undefined, name: string): readonly DoctorFinding[] => {
  if (stored === undefined) return [];
  return isCaCertificate(stored.value)
    ? [ok(AREA, `${name} is a certificate, by which functions and runners trust GitLab`)]
    : [problem(AREA, `${name} is no certificate in PEM form: no function can ask GitLab`, CA_REMEDY)];
};

const addressFindings = (stored: StoredParameter | undefined, name: string): readonly DoctorFinding[] => {
  if (stored === undefined) return [];
  const bad = badSourceRange(stored.value);
  return bad === undefined
    ? [ok(AREA, `${name} lets webhooks in from ${stored.value} alone`)]
    : [problem(AREA, `${name} holds ${JSON.stringify(bad)}, and so no webhook is let in`, ADDRESS_REMEDY)];
};

/** What is stored in Parameter Store. Values of secrets are looked at for their kind, and never shown. */
export const checkParameters: Check = async ({ context, autoScaler }) => {
  const configuration = configurationOf(context, autoScaler);
  const nameOf = (name: ParameterName): string => configuration.nameOf(name);
  const stored = await configuration.read([
    "url",
    "accessToken",
    "registrationToken",
    "webhookSecret",
    "webhookSecretPrevious",
    "webhookSigningKey",
    "webhookSigningKeyPrevious",
    "starts",
    "gitLabCaCertificate",
    "allowedSourceAddresses",
  ]);
  return [
    urlFinding(stored.url, nameOf("url")),
    ...certificateFindings(stored.gitLabCaCertificate, nameOf("gitLabCaCertificate")),
    ...addressFindings(stored.allowedSourceAddresses, nameOf("allowedSourceAddresses")),
    ...accessFindings(stored, nameOf),
    ...webhookFindings(stored, nameOf),
    startsFinding(stored.starts, nameOf("starts")),
  ];
};
