/**
 * An image of this age lacks half a year of its system's security updates, and gitlab-runner is to be of about GitLab's own
 * version: https://docs.gitlab.com/runner/#gitlab-runner-versions
 */
export const OLD_IMAGE_MILLISECONDS = 180 * 24 * 3_600_000;
