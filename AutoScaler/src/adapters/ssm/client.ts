import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_SETTINGS } from "../client-settings";

/** A read is repeated, and its repeats are to be over in time too: see `read-retries.ts`. */
const requestHandler = { ...CLIENT_SETTINGS.requestHandler, requestTimeout: 2_000 };

/**
 * The client that a function needs first: it reads GitLab's address and the token. Clients that are needed
 * only after GitLab's answer have files of their own, since a bundle loads at its start all that a file
 * imports. It tries once: the reader of the configuration knows how long to go on. The environment sets region, credentials, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`.
 */
export const ssmClient = (): SSMClient => new SSMClient({ maxAttempts: 1, requestHandler });
