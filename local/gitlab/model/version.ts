/** The GitLab version that the stand-in imitates. */
export const VERSION = "19.4.0";
export const REVISION = "local";
