/** What happened so far, for load tests and the page: `GET /_/counts`. */
export interface GitLabCounts {
  readonly webhooks: {
    /** Deliveries that were due, repeats not counted. */
    due: number;
    /** Requests sent, repeats counted. */
    sent: number;
    /** Answered with 2xx. */
    accepted: number;
    /** Answered otherwise, timed out, or refused. */
    failed: number;
    lost: number;
    repeated: number;
    /** Due, by job status. */
    readonly byStatus: Record<string, number>;
  };
  /** Calls by route, e.g. `POST /api/v4/user/runners`. */
  readonly calls: Record<string, number>;
  /** Answers by status, e.g. `201`. */
  readonly answers: Record<string, number>;
}

export const newCounts = (): GitLabCounts => ({
  webhooks: { due: 0, sent: 0, accepted: 0, failed: 0, lost: 0, repeated: 0, byStatus: {} },
  calls: {},
  answers: {},
});

export const countUp = (counter: Record<string, number>, name: string | number): void => {
  counter[name] = (counter[name] ?? 0) + 1;
};
