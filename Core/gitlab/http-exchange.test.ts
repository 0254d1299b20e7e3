import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { httpExchange } from "./http-exchange";

describe("an HTTP exchange", () => {
  it("tells that a request is on its way when all of it has left, and before the answer", async () => {
    const order: string[] = [];
    let answer: () => void = () => undefined;
    const server = createServer((request, response) => {
      request.resume().on("end", () => {
        answer = () => response.end("{}");
        order.push("arrived");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const send = httpExchange(() => order.push("sent"));
    const exchange = send({
      method: "POST",
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      headers: {},
      body: "x".repeat(100_000),
      timeoutMilliseconds: 5_000,
    });
    while (order.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    order.push("answered");
    answer();
    expect((await exchange).status).toBe(200);
    expect(order.at(-1)).toBe("answered");
    expect(order.filter((what) => what === "sent")).toHaveLength(1);
    server.closeAllConnections();
    server.close();
  });
});

/** Of a certificate authority that nobody knows: made for this test, for `localhost`, and used nowhere else. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIULhZf5gzqNvmKQTSOYewtGlfTl8MwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDA4MzkzNFoYDzIxMjYxMTA2
MDgzOTM0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARCLelLxVTL/Bm7zrveQQSHkrf4UV7GLqpLRAyfqEO6yqAoVBEfCKz6
2442TMRyddVQbcjPRmKnRRXuk27Gbdrwo28wbTAdBgNVHQ4EFgQUhQ8KPXvArDZg
HqZKP0o01gJVjzgwHwYDVR0jBBgwFoAUhQ8KPXvArDZgHqZKP0o01gJVjzgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAIYetzFpWTrtMxKwbK9skFYIVurNqcMbqMEudxktRyRMAiEA
tWXxP8vpoeNcd8vIt5zyYsb/hcYV91xDgLCXbd872NA=
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkdljX+6b+qbRNNeS
mNR382UVBEY2LbvwMoG63QZkituhRANCAARCLelLxVTL/Bm7zrveQQSHkrf4UV7G
LqpLRAyfqEO6yqAoVBEfCKz62442TMRyddVQbcjPRmKnRRXuk27Gbdrw
-----END PRIVATE KEY-----
`;

describe("an HTTPS exchange with a GitLab of a private certificate authority", () => {
  const server = createSecureServer({ cert: CERTIFICATE, key: KEY }, (_, response) => response.end("{}"));
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const request = () => ({
    method: "GET" as const,
    url: `https://localhost:${(server.address() as AddressInfo).port}/`,
    headers: {},
    timeoutMilliseconds: 5_000,
  });

  it("F-72: is refused without the authority's certificate, and by another one's", async () => {
    await expect(httpExchange()(request())).rejects.toMatchObject({ name: "TransientError" });
    const { rootCertificates } = await import("node:tls");
    const other = httpExchange(() => undefined, rootCertificates[0]);
    await expect(other(request())).rejects.toMatchObject({ name: "TransientError" });
  });

  it("is made with it", async () => {
    const send = httpExchange(() => undefined, CERTIFICATE);
    expect((await send(request())).status).toBe(200);
  });
});
