import { httpExchange } from "../gitlab/http-exchange";
import { log } from "../log";
import { type BootstrapRow, caCertificateOf } from "../model/bootstrap-row";

const TRIES = 3;
const ANSWER_MILLISECONDS = 10_000;

/** 204: deleted. 403 and 404: GitLab no longer knows the token, so the record was deleted before. */
const isGone = (status: number): boolean => [204, 403, 404].includes(status);

/** Whose record is deleted. */
type OwnRecord = Pick<BootstrapRow, "url" | "token" | "runnerId" | "caCertificate">;

const ask = async (row: OwnRecord): Promise<number> => {
  try {
    const body = JSON.stringify({ token: row.token });
    const send = httpExchange(() => undefined, caCertificateOf(row));
    const { status } = await send({
      method: "DELETE",
      url: `${row.url}/api/v4/runners`,
      // Node gives a DELETE no length by itself.
      headers: { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) },
      body,
      timeoutMilliseconds: ANSWER_MILLISECONDS,
    });
    return status;
  } catch {
    // No connection or no answer in time: the request is repeated.
    return 0;
  }
};

/**
 * Legacy mode: the runner deletes its own record, because only its own token may.
 * https://docs.gitlab.com/api/runners/#delete-a-runner-by-authentication-token
 */
export const deleteOwnRecord = async (row: OwnRecord): Promise<void> => {
  let status = 0;
  for (let tries = 0; tries < TRIES && !isGone(status); tries++) status = await ask(row);
  if (isGone(status)) log.info("RUNNER_RECORD_DELETED", { runnerId: row.runnerId });
  else log.error("RUNNER_RECORD_NOT_DELETED", { runnerId: row.runnerId, status });
};
