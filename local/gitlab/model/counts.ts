/** Counts since the start, for load tests and the page: `GET /_/counts`. */
export interface GitLabCounts {
  readonly webhooks: {
    /** Deliveries that were due, without repeats. */
    due: number;
    /** Requests sent, with repeats. */
    sent: number;
    /** Answered with a status below 300. */
    accepted: number;
    /** Answered with another status, timed out, or refused. */
    failed: number;
    lost: number;
    repeated: number;
    /** Due deliveries by job status. */
    readonly byStatus: Record<string, number>;
  };
  /** Requests by route, e.g. `POST /api/v4/user/runners`. */
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
