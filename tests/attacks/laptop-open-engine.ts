import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { promisify } from "node:util";
import { ownedProcesses } from "../../local/process/owned-processes";
import type { TestLaptop } from "../end-to-end/engine";
import { describeWith } from "../needs";

/**
 * The attacker is a process of another user of this machine, or a page in its owner's browser. The aim: code that runs
 * as the owner (a function is created and called), and GitLab's access token (a parameter is read).
 */

interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly text: string;
}

const send = (
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = "",
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, method, path, headers, timeout: 10_000 }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += chunk;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: Object.keys(answer.headers), text }),
      );
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer"))).on("error", reject);
    asked.end(body);
  });

const FUNCTION = JSON.stringify({
  FunctionName: "shell",
  Runtime: "nodejs24.x",
  Handler: "index.handler",
  Role: "arn:aws:iam::123456789012:role/none",
  Code: { ZipFile: "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" },
});
const PARAMETERS = JSON.stringify({ Names: ["/gitlabrunner/AccessToken"], WithDecryption: true });
const SSM = { "x-amz-target": "AmazonSSM.GetParameters", "content-type": "application/x-amz-json-1.1" };
/** Some services answer a missing right with 400. */
const FORBIDDEN = [400, 403];
/** An emulator looks at the account in it, and at nothing else. */
const GUESSED = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=123456789012/20261129/eu-west-1/ssm/aws4_request, SignedHeaders=host, Signature=0",
};

const ATTEMPTS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no credentials", {}],
  ["a page's simple request", { origin: "https://evil.example", "content-type": "text/plain" }],
  ["a page's opaque origin", { origin: "null" }],
  ["a name that was bound again (DNS rebinding)", { host: "evil.example" }],
  ["credentials that an emulator takes", GUESSED],
];

const listeningInodes = (): ReadonlyMap<string, number> =>
  new Map(
    ["tcp", "tcp6"].flatMap((table) =>
      readFileSync(`/proc/net/${table}`, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state]) => state === "0A")
        .map(([, local = "", , , , , , , , inode = ""]) => [
          inode,
          Number.parseInt(local.split(":")[1] ?? "", 16),
        ]),
    ),
  );

const socketsOf = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });

/** Every port on which a process of the laptop listens. */
const portsOf = ({ laptop }: TestLaptop): readonly number[] => {
  const variable = `GLR_LAPTOP_RUN=${laptop.run.path}`;
  const pids = [process.pid, ...ownedProcesses({ variable, folder: laptop.run.path })];
  const listening = listeningInodes();
  return pids.flatMap((pid) => socketsOf(pid).flatMap((inode) => listening.get(inode) ?? []));
};

const AS_ANOTHER_USER = `
  const [url, headers, body] = process.argv.slice(1);
  fetch(url, { method: body ? "POST" : "GET", headers: JSON.parse(headers), body: body || undefined })
    .then(async (answer) => console.log(JSON.stringify({ status: answer.status, text: await answer.text() })));
`;

const asNobody = async (
  url: string,
  headers: object,
  body = "",
): Promise<Pick<Answer, "status" | "text">> => {
  const args = ["-e", AS_ANOTHER_USER, url, JSON.stringify(headers), body];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    uid: 65_534,
    gid: 65_534,
    cwd: "/",
  });
  return JSON.parse(stdout) as Answer;
};

export const laptopOpenEngine = (get: () => TestLaptop): void => {
  const awsPort = (): number => Number(new URL(get().laptop.aws.endpoint).port);

  it.each(ATTEMPTS)("creates and calls no function with %s", async (_, given) => {
    const headers = { host: `localhost:${awsPort()}`, "content-type": "application/json", ...given };
    const created = await send(awsPort(), "POST", "/2015-03-31/functions", headers, FUNCTION);
    const called = await send(awsPort(), "POST", "/2015-03-31/functions/shell/invocations", headers, "{}");
    expect([created.status, called.status]).toEqual([403, 403]);
    for (const name of [...created.headers, ...called.headers]) expect(name).not.toMatch(/^access-control-/);
  });

  it.each(ATTEMPTS)("reads no parameter with %s", async (_, given) => {
    const headers = { host: `localhost:${awsPort()}`, ...SSM, ...given };
    const { status, text } = await send(awsPort(), "POST", "/", headers, PARAMETERS);
    expect(FORBIDDEN).toContain(status);
    expect(text).not.toContain(get().laptop.standIn?.accessToken);
  });

  describeWith(process.platform === "linux", "no /proc")("by the list of open ports", () => {
    it("finds none that answers a page", async () => {
      const ports = portsOf(get());
      expect(ports).toContain(awsPort());
      for (const port of ports) {
        const headers = {
          host: `127.0.0.1:${port}`,
          origin: "https://evil.example",
          "content-type": "text/plain",
        };
        for (const path of ["/", "/_/faults", "/_/ec2", "/2015-03-31/functions", "/functions/AutoScaler/x"]) {
          const answer = await send(port, "POST", path, headers, "{}");
          expect([port, path, answer.status >= 400]).toEqual([port, path, true]);
          expect(answer.headers.filter((name) => name.startsWith("access-control-"))).toEqual([]);
        }
      }
    });
  });

  describeWith(process.getuid?.() === 0, "no root, who alone may become another user")(
    "as another user",
    () => {
      it("gets nothing, even with the owner's keys", async () => {
        const { aws, gitlabUrl, env } = get().laptop;
        const key = {
          authorization: GUESSED.authorization.replace("123456789012/", `${env.AWS_ACCESS_KEY_ID}/`),
        };
        const answers = [
          await asNobody(aws.endpoint, { ...SSM, ...GUESSED }, PARAMETERS),
          await asNobody(aws.endpoint, { ...SSM, ...key }, PARAMETERS),
          await asNobody(`${aws.endpoint}/2015-03-31/functions`, {}, FUNCTION),
          await asNobody(`${gitlabUrl}/`, {}),
        ];
        for (const { status } of answers) expect(FORBIDDEN).toContain(status);
        for (const { text } of answers.slice(0, 3)) expect(text).toContain("another user");
      });
    },
  );
};
