import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";

const ROOT_USER = 0;

const hexPort = (port: number | undefined): string => (port ?? 0).toString(16).toUpperCase().padStart(4, "0");

/**
 * The owner of the other end of a loopback connection, from Linux's socket table. Its lines are
 * `sl local_address rem_address st tx:rx tr:when retrnsmt uid …`, addresses as `0100007F:1F90`.
 *
 * @returns a user id; undefined when the table does not contain the connection
 */
export const ownerOf = (
  table: string,
  port: number | undefined,
  ourPort: number | undefined,
): number | undefined => {
  // One search in the whole table, which has a line for every connection of the machine.
  const wanted = new RegExp(`^ *\\d+: [0-9A-F]+:${hexPort(port)} [0-9A-F]+:${hexPort(ourPort)} .*$`, "m");
  const line = wanted.exec(table)?.[0].trim().split(/\s+/);
  const uid = Number(line?.[7]);
  return line === undefined || !Number.isInteger(uid) ? undefined : uid;
};

/**
 * Whether another user of this machine is at the other end. Where the owner is unknown (macOS has no such table), the
 * answer is false.
 */
export const isAnotherUser = async (socket: Socket): Promise<boolean> => {
  const table = await readFile("/proc/net/tcp", "utf8").catch(() => "");
  const owner = ownerOf(table, socket.remotePort, socket.localPort);
  return owner !== undefined && owner !== ROOT_USER && owner !== process.getuid?.();
};
