// Loaded before the program of a MicroVM's image. Until the hook `run` is called, its random numbers come from a seed of the image's, as
// they would come from the memory that all its VMs are copies of: what is made of them then is the same in each. Each use, and each
// connection, is noted, by which the build of the image refuses it.
const crypto = require("node:crypto");
const { appendFileSync } = require("node:fs");
const http = require("node:http");
const net = require("node:net");

const { GLR_SNAPSHOT_SEED: seed = "", GLR_SNAPSHOT_USES: uses = "" } = process.env;
// The process that runs the job begins after the snapshot.
delete process.env.NODE_OPTIONS;

let isSnapshot = true;
let count = 0;
const note = (name) => {
  if (isSnapshot) appendFileSync(uses, `${name}\n`);
};
const bytes = (length) => {
  const parts = [];
  for (let index = 0; index * 32 < length; index++) {
    parts.push(crypto.createHash("sha256").update(`${seed} ${count++}`).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
};

const replaced = (owner, name, make) => {
  const real = owner[name];
  owner[name] = function (...words) {
    if (!isSnapshot) return real.apply(this, words);
    note(name);
    return make.call(this, real, words);
  };
};

replaced(crypto, "randomBytes", (_, [length, callback]) =>
  callback === undefined ? bytes(length) : process.nextTick(callback, null, bytes(length)),
);
replaced(crypto, "randomUUID", () =>
  bytes(16)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
);
replaced(crypto, "randomInt", (_, [low, high]) => {
  const [from, to] = high === undefined ? [0, low] : [low, high];
  return from + (bytes(4).readUInt32BE() % (to - from));
});
replaced(Math, "random", () => bytes(4).readUInt32BE() / 2 ** 32);
replaced(net.Socket.prototype, "connect", function (real, words) {
  return real.apply(this, words);
});
// Names that modules import are copies of these.
require("node:module").syncBuiltinESMExports();

const { emit } = http.Server.prototype;
http.Server.prototype.emit = function (event, request, ...rest) {
  if (event === "request" && request.url?.endsWith("/run")) isSnapshot = false;
  return emit.call(this, event, request, ...rest);
};
