import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_SETTINGS } from "../client-settings";

/**
 * The client that a function needs first: it reads GitLab's address and the token. Clients that are needed
 * only after GitLab's answer have files of their own, since a bundle loads at its start all that a file
 * imports. It tries once: the reader of the configuration knows how long to go on. The environment sets region, credentials, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`.
 */
export const ssmClient = (): SSMClient => new SSMClient({ ...CLIENT_SETTINGS, maxAttempts: 1 });
