import { createServer } from "node:http";
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
