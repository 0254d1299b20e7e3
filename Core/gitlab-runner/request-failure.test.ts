import { requestFailure } from "./request-failure";

const URL = "https://gitlab.example.com/api/v4/jobs/request";
const posted = (error: string): string =>
  `execute JSON request: execute request: couldn't execute POST against ${URL}: Post "${URL}": ${error}`;

describe("why a request for a job had no answer", () => {
  it.each([
    [posted("dial tcp: lookup gitlab.example.com on 10.0.0.2:53: no such host"), "unreachable", "name"],
    [posted("dial tcp: lookup gitlab.example.com: i/o timeout"), "unreachable", "name"],
    [posted("dial tcp 10.0.0.9:443: connect: connection refused"), "unreachable", "connection"],
    [posted("dial tcp 10.0.0.9:443: i/o timeout"), "unreachable", "connection"],
    [
      posted("read tcp 10.0.0.1:5000->10.0.0.9:443: read: connection reset by peer"),
      "unreachable",
      "connection",
    ],
    [posted("EOF"), "unreachable", "connection"],
    [
      posted("tls: failed to verify certificate: x509: certificate signed by unknown authority"),
      "unreachable",
      "certificate",
    ],
    [posted("net/http: TLS handshake timeout"), "unreachable", "certificate"],
    [posted("proxyconnect tcp: dial tcp: lookup proxy.example.com: no such host"), "unreachable", "proxy"],
    [posted("Proxy Authentication Required"), "unreachable", "proxy"],
    ["407 Proxy Authentication Required", "unreachable", "proxy"],
    ["get client: only http or https scheme supported", "unreachable", "url"],
    ["502 Bad Gateway", "unreachable", "server"],
    [`POST ${URL}: 500 Internal Server Error (oh)`, "unreachable", "server"],
    ["404 Not Found", "unreachable", "not-gitlab"],
    ["response is not application/json: mime: no media type", "unreachable", "not-gitlab"],
    [`POST ${URL}: 403 Forbidden`, "rejected", "forbidden"],
    ["403 Forbidden", "rejected", "forbidden"],
    [`POST ${URL}: 401 Unauthorized`, "rejected", "unauthorized"],
    [`POST ${URL}: 410 Gone`, "rejected", "gone"],
    [`POST ${URL}: 422 Unprocessable Entity (runner orphaned)`, "rejected", "orphaned"],
    ["429 Too Many Requests", "throttled", undefined],
  ])("is told by %s: %s %s", (reason, code, detail) => {
    expect(requestFailure(reason)).toEqual({ code, ...(detail ? { detail } : {}), reason });
  });
});
