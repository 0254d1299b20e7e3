import { ownerOf } from "./same-user";

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 222 1
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 333 1
`;

it("finds whose the other end of a connection is, and not whose ours is", () => {
  expect(ownerOf(TABLE, 0xc350, 0x1f90)).toBe(1001);
  expect(ownerOf(TABLE, 0x1f90, 0xc350)).toBe(1000);
});

it.each([
  ["another port", TABLE, 0xc351],
  ["no table", "", 0xc350],
  ["a table cut off", TABLE.slice(0, 230), 0xc350],
])("knows no owner for %s", (_case, table, port) => {
  expect(ownerOf(table, port, 0x1f90)).toBeUndefined();
});
