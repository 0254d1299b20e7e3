/**
 * GitLab shows with a job the `system_id` of the machine that runs it: `r_` and twelve letters or digits that we choose
 * (gitlab-runner accepts `^[sr]_[0-9a-zA-Z]{12}$`). A machine that installed what its image lacks writes into it how many
 * seconds that took (Ec2Runner/user-data.sh): `r_I`, three digits, eight of its instance id. No other id of ours has a
 * capital letter.
 *
 * Whoever has the machine's runner token can tell GitLab another id, so this is a figure for people and no rule reads it.
 */
const INSTALLED = /^r_I(\d{3})[0-9a-f]{8}$/;

/** Seconds for which the machine installed; 0: it did not, or does not say. */
export const installSecondsOf = (systemId: string | undefined): number =>
  Number(INSTALLED.exec(systemId ?? "")?.[1] ?? 0);
