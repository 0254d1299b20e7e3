import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_SETTINGS } from "../client-settings";

/**
 * The client that a function needs first: where GitLab is, and the token for it. Clients that a function may need
 * only after GitLab's answer have files of their own, since a bundle loads at its start whatever a file that it reaches
 * imports. Region and credentials come from the environment, and so do `AWS_ENDPOINT_URL` and
 * `AWS_ENDPOINT_URL_<SERVICE>`.
 */
export const ssmClient = (): SSMClient => new SSMClient(CLIENT_SETTINGS);
