/**
 * What the job's log says of an image that its runner does not use. The runner writes it, and `why` finds it there:
 * GitLab's API tells nobody which image a job asks for. The image's name follows.
 */
export const IMAGE_IGNORED = "WARNING: this job asks for an image, which Lambda runners do not use";
export const IMAGE_IGNORED_IN_VM =
  "WARNING: this job asks for an image, which MicroVM runners with the executor shell do not use";
export const IMAGE_REFUSED =
  "ERROR: this job asks for an image, and its class of Lambda runners refuses such jobs";
