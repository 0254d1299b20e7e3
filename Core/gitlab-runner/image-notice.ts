import { IMAGE_IGNORED, IMAGE_IGNORED_IN_VM, IMAGE_REFUSED } from "../image-words";
import type { Provider } from "../model/runner-class";

const REMEDY = "Jobs that need an image run on EC2: give this one the tag aws:ec2, or a row of the mapping";
const REMEDY_IN_VM =
  "Jobs that need an image run with the executor docker, or on EC2: give this one the tag aws:ec2, or a row of the mapping";

/** Colour, text and what follows. Only a class of Lambda runners refuses images. */
const wordsOf = (refuseImages: boolean, provider: Provider): readonly [string, string, string, string] => {
  if (provider === "MICROVM") return ["33;1", IMAGE_IGNORED_IN_VM, REMEDY_IN_VM, ":"];
  return refuseImages ? ["31;1", IMAGE_REFUSED, REMEDY, "exit 1"] : ["33;1", IMAGE_IGNORED, REMEDY, ":"];
};

/**
 * Lines for `pre_get_sources_script`, which gitlab-runner runs in a shell of its own before the job's sources. It sets
 * CI_JOB_IMAGE from the job's `image`; of `services` no job can see anything, so the first line, which is shown in every
 * job's log, tells of both. The texts are ours and hold no quote; the image's name is an argument and no code.
 *
 * https://docs.gitlab.com/runner/configuration/advanced-configuration/#the-runners-section
 */
export const imageNotice = (refuseImages: boolean, provider: Provider = "LAMBDA"): string => {
  const [colour, text, remedy, then] = wordsOf(refuseImages, provider);
  return [
    "# This runner runs jobs without containers: the keywords image and services have no effect",
    'if [ -n "$CI_JOB_IMAGE" ]; then',
    `printf '\\033[${colour}m%s: %s\\033[0;m\\n%s.\\n' '${text}' "$CI_JOB_IMAGE" '${remedy}'`,
    then,
    "fi",
  ].join("\n");
};
