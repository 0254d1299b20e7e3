/** The GitLab whose API and webhooks are spoken here. */
export const VERSION = "19.4.0";
export const REVISION = "local";
