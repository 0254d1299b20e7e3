/** GitLab's feature flags that change what the stand-in does, with GitLab's own defaults. */
export interface GitLabFeatures {
  /**
   * Two-phase commit: an assigned job stays `pending` until its runner confirms it. Without it a job is `running` the
   * moment it is handed out. Introduced in GitLab 18.5, off by default.
   */
  allow_runner_job_acknowledgement: boolean;
}

export type FeatureName = keyof GitLabFeatures;

export const DEFAULT_FEATURES: Readonly<GitLabFeatures> = { allow_runner_job_acknowledgement: false };

export const isFeature = (name: string): name is FeatureName => Object.hasOwn(DEFAULT_FEATURES, name);
