import { type Fields, requireText, textAt } from "../fields";
import { arnAt, type NeedsOf, type Operations } from "../need";

/** AWS names the stream in these, also where the reference lists the group alone. */
const onStream =
  (action: string): NeedsOf<Fields> =>
  (fields, place) => {
    const group = requireText(fields, "logGroupName");
    const stream = textAt(fields, "logStreamName") ?? "";
    return [
      { action: `logs:${action}`, resource: arnAt(place, "logs", `log-group:${group}:log-stream:${stream}`) },
    ];
  };

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/permissions-reference-cwl.html */
export const LOGS: Operations<Fields> = {
  CreateLogStream: onStream("CreateLogStream"),
  PutLogEvents: onStream("PutLogEvents"),
  FilterLogEvents: onStream("FilterLogEvents"),
  GetLogEvents: onStream("GetLogEvents"),
};
