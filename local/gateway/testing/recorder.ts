import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ReceivedRequest } from "../sigv4";

/** A loopback server that writes down what clients send, byte by byte, and answers that it cannot. */
export interface Recorder {
  readonly endpoint: string;
  /** What came since the last time that somebody asked. */
  taken(): readonly ReceivedRequest[];
  close(): Promise<void>;
}

export const startRecorder = async (): Promise<Recorder> => {
  let requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: target = "", rawHeaders } = request;
    requests.push({ method, target, rawHeaders, body: Buffer.concat(chunks) });
    response.writeHead(418).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://localhost:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const all = requests;
      requests = [];
      return all;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
