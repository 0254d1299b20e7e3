import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Ec2Handler } from ".";

/** Serves a simulated EC2 to clients of the SDK, without a gateway before it. */
export const serveEc2 = async (handler: () => Ec2Handler): Promise<{ endpoint: string; close(): void }> => {
  const server = createServer(async (request, response) => {
    let form = "";
    for await (const chunk of request) form += chunk;
    const action = new URLSearchParams(form).get("Action") ?? "";
    await handler().serve(action, form, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
