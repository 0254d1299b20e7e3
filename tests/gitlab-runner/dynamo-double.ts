import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { BootstrapRow } from "../../Core/bootstrap-row";

/** A bootstrap table on loopback that knows one call: the delete that returns what it deleted. */
export class DynamoDouble {
  readonly rows = new Map<string, BootstrapRow>();
  private readonly server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", () => {
      const isDelete = request.headers["x-amz-target"] === "DynamoDB_20120810.DeleteItem";
      const [status, answer] = isDelete
        ? this.remove(JSON.parse(body).Key.key.S)
        : [400, { __type: "Unknown" }];
      response.writeHead(status, { "Content-Type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify(answer));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private remove(key: string): [number, object] {
    const row = this.rows.get(key);
    const type = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    if (!row) return [400, { __type: type, message: "The conditional request failed" }];
    this.rows.delete(key);
    return [200, { Attributes: marshall(row) }];
  }
}
