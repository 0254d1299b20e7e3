import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "smol-toml";
import { describeWith } from "../../tests/needs";
import {
  GOOD_RUNNER,
  KEY,
  type MachineOptions,
  type MachineRun,
  startMachine,
  storedRow,
  TOKEN,
} from "./machine-run";
import { renderedUserData } from "./rendered-user-data";
import { type RowTable, type StoredRow, startRowTable } from "./row-table";

/** A waiting runner: says that it started, and writes down the signals that it gets. */
const IDLE_RUNNER = `
trap 'echo QUIT >>"$GLR_TEST/signals"' QUIT
trap 'echo TERM >>"$GLR_TEST/signals"; exit 0' TERM
cat "\${6:-/dev/null}" >/dev/null
echo '{"level":"info","msg":"Starting runner"}' >&2
while :; do sleep 0.1; done`;

const SECRETS = [TOKEN, "laptop", "session/token+=="];

/** One test's own table and machines: the tests run side by side, for most of their time is waiting. */
interface Room {
  readonly table: RowTable;
  readonly start: (row: StoredRow | undefined, options?: Partial<MachineOptions>) => Promise<MachineRun>;
}

const inRoom = async (test: (room: Room) => Promise<void>): Promise<void> => {
  const table = await startRowTable();
  const machines: MachineRun[] = [];
  const start: Room["start"] = async (row, options = {}) => {
    if (row) table.put(row);
    const machine = await startMachine({ dynamoDb: table.endpoint, ...options });
    machines.push(machine);
    return machine;
  };
  try {
    await test({ table, start });
  } finally {
    await Promise.all(machines.map((machine) => machine.end()));
    await table.close();
  }
};

jest.setTimeout(120_000);

describe("the shipped user data", () => {
  it.concurrent("I-17 T-13: is at most 16 KB of ASCII, and holds no secret", () => {
    const text = renderedUserData();
    // EC2's limit.
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16_384);
    expect(text).toMatch(/^#!\/bin\/bash\n[\t\n -~]*$/);
    expect(text).not.toMatch(/glrt-|glrtr-|PRIVATE-TOKEN|AKIA/);
  });

  describeWith(spawnSync("shellcheck", ["--version"]).status === 0, "no shellcheck")("by shellcheck", () => {
    it("has no finding, and neither have the laptop's command stubs", () => {
      // The text of a machine, since the files alone lack what they take from each other. SC2059: a request's form is put together
      // in steps. SC2119, SC2120: here no more packages are asked for.
      const check = (excluded: string, ...words: readonly string[]) =>
        spawnSync("shellcheck", ["-e", excluded, ...words], { encoding: "utf8", input: renderedUserData() });
      expect(check("SC1091,SC2059,SC2119,SC2120", "-").stdout).toBe("");
      expect(check("", join(__dirname, "../install.sh")).stdout).toBe("");
      const folder = join(__dirname, "../../local/ec2/command-stubs");
      const files = readdirSync(folder).map((name) => join(folder, name));
      expect(check("SC1091", ...files).stdout).toBe("");
    });
  });

  it.concurrent("I-23 T-8: starts the dead man's timer first, shortens it, shuts containers off, runs one job, powers off", () =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow(), { maximumLifetimeSeconds: 7_200 });
      expect(await machine.untilOff(20)).toBe(true);
      const calls = machine.calls().map((call) => call.replace(/ --(quiet|collect|timer-property=\S+)/g, ""));
      expect(calls).toEqual([
        "systemd-run --unit=glr-dead-man --on-active=7200s shutdown -h now",
        "systemctl stop amazon-ssm-agent snap.amazon-ssm-agent.amazon-ssm-agent",
        "systemd-run --unit=glr-lifetime --on-active=600s shutdown -h now",
        "systemctl cat docker",
        "systemctl start docker",
        "iptables -w 10 -N DOCKER-USER",
        "iptables -w 10 -I DOCKER-USER -d 169.254.169.254/32 -j DROP",
        "ip6tables -w 10 -N DOCKER-USER",
        "ip6tables -w 10 -I DOCKER-USER -d fd00:ec2::254/128 -j DROP",
        expect.stringMatching(
          /^gitlab-runner --log-format json run-single --config \S+ -r job --max-builds 1 --wait-timeout 30$/,
        ),
        "shutdown -h now",
      ]);
      expect(machine.poweredOffBy()).toBe("shutdown -h now");
    }));

  it.concurrent.each([
    [{ BOOL: true }, false],
    [{ BOOL: false }, true],
    [{ S: "true" }, true],
  ])("T-31: stops Session Manager's agent unless its row allows a shell: %j, %s", (shell, isStopped) =>
    inRoom(async (room) => {
      const machine = await room.start({ ...storedRow(), shell });
      expect(await machine.untilOff(20)).toBe(true);
      expect(machine.calls().some((call) => call.startsWith("systemctl stop amazon-ssm-agent"))).toBe(
        isStopped,
      );
      expect(machine.wrote("config")).toContain(TOKEN);
    }),
  );

  it.concurrent("asks the metadata service four times, and starts no interpreter, before it has its row", () =>
    inRoom(async (room) => {
      const curl = spawnSync("bash", ["-c", "command -v curl"], { encoding: "utf8" }).stdout.trim();
      const commands = { curl: `exec ${curl} "$@"`, python3: "exit 1" };
      const machine = await room.start(storedRow(), { commands });
      expect(await machine.untilOff(20)).toBe(true);
      const names = machine.calls().map((call) => call.split(" ")[0]);
      // Its token, who it is, its credentials, how it was bought; then the row.
      expect(names.filter((name) => name === "curl")).toHaveLength(5);
      expect(names).not.toContain("python3");
      expect(machine.wrote("config")).toContain(TOKEN);
    }));

  it.concurrent.each([
    ["as DynamoDB writes it", (row: string) => row],
    [
      "with blanks, as others write it",
      (row: string) => row.replace(/([:{,])/g, "$1 ").replace("https: ", "https:"),
    ],
  ])("reads its row %s", (_how, written) =>
    inRoom(async (room) => {
      const answer = written(JSON.stringify({ Attributes: storedRow() }));
      const curl = spawnSync("bash", ["-c", "command -v curl"], { encoding: "utf8" }).stdout.trim();
      const script = `case "$*" in *sigv4*) printf '%s' '${answer}' ;; *) exec ${curl} "$@" ;; esac`;
      const machine = await room.start(undefined, { commands: { curl: script } });
      expect(await machine.untilOff(20)).toBe(true);
      expect(machine.wrote("config")).toContain(`token = "${TOKEN}"`);
    }),
  );

  it.concurrent("takes its own row by one signed, conditional delete that returns it", () =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow());
      expect(await machine.untilOff(20)).toBe(true);
      expect(room.table.badSignatures).toEqual([]);
      expect(room.table.rows.size).toBe(0);
      expect(room.table.requests.map(({ headers }) => headers["x-amz-target"])).toEqual([
        "DynamoDB_20120810.DeleteItem",
      ]);
      const { headers, body } = room.table.requests[0]!;
      expect(headers.authorization).toMatch(
        /eu-west-1\/dynamodb\/aws4_request.*SignedHeaders=[^,]*x-amz-security-token/,
      );
      expect(JSON.parse(body)).toMatchObject({
        TableName: "bootstrap",
        Key: { key: { S: KEY } },
        ConditionExpression: "attribute_exists(#k) AND #t > :now",
        ReturnValues: "ALL_OLD",
      });
    }));

  it.concurrent.each([
    [false, "privileged = false"],
    [true, "privileged = true"],
  ])("T-8: privileged %s is the row's, and the socket is never given to a job", (privileged, line) =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow({ privileged: { BOOL: privileged } }));
      expect(await machine.untilOff(20)).toBe(true);
      const config = machine.wrote("config");
      expect(config.split("\n")).toEqual(
        expect.arrayContaining([
          "[[runners]]",
          'url = "https://gitlab.example.com"',
          `token = "${TOKEN}"`,
          'executor = "docker"',
          "job_status_final_update_retry_limit = 4",
          "[runners.docker]",
          line,
        ]),
      );
      expect(config).not.toMatch(/docker\.sock|network_mode|cap_add|devices/);
    }),
  );

  const CACHE: StoredRow = {
    bucket: { S: "cache-bucket" },
    region: { S: "eu-west-1" },
    path: { S: "unprotected" },
    accessKeyId: { S: "ASIACACHE" },
    secretAccessKey: { S: "cache+/=secret" },
    // As long as STS's may become.
    sessionToken: { S: `cache+/=session${"x".repeat(4_000)}` },
  };

  it.concurrent("I-13: the runner has the row's cache in its configuration, which alone holds the credentials", () =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow({ cache: { M: CACHE } }));
      expect(await machine.untilOff(20)).toBe(true);
      expect(parse(machine.wrote("config"))).toMatchObject({
        runners: [
          {
            token: TOKEN,
            docker: { privileged: false },
            cache: {
              Type: "s3",
              Path: "unprotected",
              Shared: true,
              s3: {
                AuthenticationType: "access-key",
                BucketName: "cache-bucket",
                BucketLocation: "eu-west-1",
                AccessKey: "ASIACACHE",
                SecretKey: "cache+/=secret",
                SessionToken: CACHE.sessionToken?.S,
              },
            },
          },
        ],
      });
      const elsewhere = [machine.everything(), machine.console(), machine.wrote("environment")];
      expect([...elsewhere, machine.calls().join()].join("\n")).not.toMatch(/cache\+|ASIACACHE/);
    }));

  it.concurrent.each<readonly [string, StoredRow]>([
    ["without one", {}],
    ["whose cache lacks a part", { cache: { M: { ...CACHE, sessionToken: {} } } }],
    ["whose cache would break its line", { cache: { M: { ...CACHE, path: { S: 'x"\nToken = "y' } } } }],
  ])("a row %s gives a runner without a cache", (_, change) =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow(change));
      expect(await machine.untilOff(20)).toBe(true);
      expect(Object.keys((parse(machine.wrote("config")).runners as object[])[0]!)).not.toContain("cache");
    }),
  );

  it.concurrent("F-72: trusts the row's certificate authority, at an address with a path too", () =>
    inRoom(async (room) => {
      const pem = "-----BEGIN CERTIFICATE-----\nMIIBcanary+/==\n-----END CERTIFICATE-----\n";
      const machine = await room.start(
        storedRow({
          url: { S: "https://gitlab.example.com/gitlab" },
          caCertificate: { S: Buffer.from(pem).toString("base64") },
        }),
      );
      expect(await machine.untilOff(20)).toBe(true);
      const lines = machine.wrote("config").split("\n");
      expect(lines).toContain('url = "https://gitlab.example.com/gitlab"');
      expect(lines.filter((line) => /^tls-ca-file = "\/.*\/gitlab-ca\.pem"$/.test(line))).toHaveLength(1);
      expect(machine.everything()).toContain(pem);
    }));

  it.concurrent("I-13 P-16: no secret is in a file, a log or the words of a command; the job sees three variables", () =>
    inRoom(async (room) => {
      const curl = spawnSync("bash", ["-c", "command -v curl"], { encoding: "utf8" }).stdout.trim();
      const machine = await room.start(storedRow(), { commands: { curl: `exec ${curl} "$@"` } });
      expect(await machine.untilOff(20)).toBe(true);
      const calls = machine.calls().join("\n");
      expect(calls).toContain("curl -q -sf");
      for (const secret of SECRETS) {
        expect(calls).not.toContain(secret);
        expect(machine.everything()).not.toContain(secret);
      }
      const names = machine
        .wrote("environment")
        .split("\n")
        .map((line) => line.split("=")[0]);
      expect(names.filter((name) => !["", "_", "PWD", "SHLVL", "OLDPWD"].includes(name ?? ""))).toEqual([
        "HOME",
        "LANG",
        "PATH",
      ]);
    }));

  it.concurrent("P-16: the pipe that brought the token is gone once a job has come", () =>
    inRoom(async (room) => {
      const runner = `
echo '{"job":7,"msg":"Checking for jobs... received"}' >&2
for n in {1..100}; do [[ -e config/config.toml ]] || break; sleep 0.1; done
[[ -e config/config.toml ]] || echo gone >"$GLR_TEST/pipe"`;
      const machine = await room.start(storedRow(), { commands: { "gitlab-runner": runner } });
      expect(await machine.untilOff(30)).toBe(true);
      expect(machine.wrote("pipe")).toBe("gone\n");
    }));

  it.concurrent("hostile text of a job moves nothing: it can speak neither to the shell nor for the runner", () =>
    inRoom(async (room) => {
      const hostile = [
        '"msg":"Runner is not healthy!"',
        "$(touch PWNED) `touch PWNED` ; touch PWNED",
        "'; shutdown -h now; '",
        "\\u001b[2J %s%n \\\\",
        "../../../etc/passwd",
      ].map((name) => JSON.stringify({ job: 7, name, msg: `Job ${name}` }));
      const runner = `
echo '{"job":7,"msg":"Checking for jobs... received"}' >&2
cat >&2 <<'HOSTILE'
${hostile.join("\n")}
"msg":broken {{{
HOSTILE
sleep 1
echo finished >"$GLR_TEST/finished"`;
      const machine = await room.start(storedRow(), { commands: { "gitlab-runner": runner } });
      expect(await machine.untilOff(20)).toBe(true);
      expect(machine.console()).toContain("glr: done");
      expect(machine.wrote("finished")).toBe("finished\n");
      expect(spawnSync("find", [machine.root, "-name", "PWNED"], { encoding: "utf8" }).stdout).toBe("");
    }));

  it.concurrent.each<[string, StoredRow]>([
    ["a quote in the token", { token: { S: 'glrt-"\nexecutor = "custom' } }],
    ["a line break in the address", { url: { S: "https://gitlab.example.com\nx" } }],
    ["no token", { token: { N: "1", S: "" } }],
    ["a lifetime that is no number", { lifetimeSeconds: { N: "a[$(touch PWNED)]" } }],
    ["a lifetime beyond all bounds", { lifetimeSeconds: { N: "99999999" } }],
    ["a privileged that is neither", { privileged: { S: "yes" } }],
  ])("ends without a runner for a row with %s", (_what, change) =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow(change));
      expect(await machine.untilOff(20)).toBe(true);
      expect(machine.calls().some((call) => call.startsWith("gitlab-runner"))).toBe(false);
    }),
  );

  it.concurrent("F-47 P-22: waits for a row that is written late, and outlives a metadata service that fails at first", () =>
    inRoom(async (room) => {
      const machine = await room.start(undefined, { flakyRequests: 4, timeoutSeconds: 10 });
      setTimeout(() => room.table.put(storedRow()), 1_500);
      expect(await machine.untilOff(40)).toBe(true);
      expect(machine.wrote("config")).toContain(TOKEN);
    }));

  it.concurrent.each<[string, StoredRow | undefined]>([
    ["there is no row", undefined],
    ["its row has expired", storedRow({ ttl: { N: "1000" } })],
  ])("F-47: asks for a while and then powers off when %s", (_why, row) =>
    inRoom(async (room) => {
      const machine = await room.start(row, { timeoutSeconds: 2 });
      expect(await machine.untilOff(20)).toBe(true);
      expect(room.table.requests.length).toBeGreaterThan(1);
      expect(machine.console()).toContain("no bootstrap row");
      expect(machine.calls().some((call) => call.startsWith("gitlab-runner"))).toBe(false);
    }),
  );

  it.concurrent("leaves a runner that gets no job: SIGQUIT first, SIGTERM when the timeout is over", () =>
    inRoom(async (room) => {
      const row = storedRow({ waitTimeoutSeconds: { N: "1" } });
      const machine = await room.start(row, { commands: { "gitlab-runner": IDLE_RUNNER } });
      expect(await machine.untilOff(20)).toBe(true);
      expect(machine.wrote("signals")).toBe("QUIT\nTERM\n");
    }));

  it.concurrent("I-3: a job that arrives after SIGQUIT is run to its end", () =>
    inRoom(async (room) => {
      const runner = `
trap 'echo QUIT >>"$GLR_TEST/signals"' QUIT
trap 'echo TERM >>"$GLR_TEST/signals"' TERM
until [[ -s "$GLR_TEST/signals" ]]; do sleep 0.1; done
echo '{"job":7,"msg":"Checking for jobs... received"}' >&2
for _ in {1..40}; do sleep 0.1; done
echo finished >"$GLR_TEST/finished"`;
      const row = storedRow({ waitTimeoutSeconds: { N: "1" } });
      const machine = await room.start(row, { commands: { "gitlab-runner": runner }, timeoutSeconds: 2 });
      expect(await machine.untilOff(25)).toBe(true);
      expect(machine.wrote("signals")).toBe("QUIT\n");
      expect(machine.wrote("finished")).toBe("finished\n");
    }));

  it.concurrent("T-30 P-21: ends at once when GitLab rejects the token, and says so by its exit code", () =>
    inRoom(async (room) => {
      const runner = `
trap 'exit 0' TERM
echo '{"level":"error","msg":"Checking for jobs... forbidden","status":"403 Forbidden"}' >&2
echo '{"level":"error","msg":"Runner is not healthy!"}' >&2
for _ in {1..600}; do sleep 0.1; done`;
      const machine = await room.start(storedRow(), { commands: { "gitlab-runner": runner } });
      expect(await machine.untilOff(15)).toBe(true);
      await sleep(200);
      expect(machine.exitCode()).toBe(1);
      expect(machine.calls().filter((call) => call.startsWith("gitlab-runner"))).toHaveLength(1);
    }));

  it.concurrent("I-23: asks a runner that is still busy near the end of the lifetime to report, and is gone by it", () =>
    inRoom(async (room) => {
      // Its report takes three seconds. Five are left to it before the timer ends the machine.
      const runner = `
trap 'sleep 3; echo TERM >>"$GLR_TEST/signals"; exit 0' TERM
echo '{"job":7,"msg":"Checking for jobs... received"}' >&2
while :; do sleep 0.1; done`;
      const row = storedRow({ lifetimeSeconds: { N: "8" } });
      const machine = await room.start(row, { commands: { "gitlab-runner": runner }, timeoutSeconds: 5 });
      expect(await machine.untilOff(25)).toBe(true);
      expect(machine.wrote("signals")).toBe("TERM\n");
    }));

  describe("a job that GitLab has cancelled", () => {
    /** Docker with one build container and the time of its start, and a runner that waits until it is gone. */
    const DOCKER = `
case $1 in
  ps) cat "$GLR_TEST/containers" 2>/dev/null ;;
  inspect) cat "$GLR_TEST/started" ;;
  kill) echo "$2" >>"$GLR_TEST/killed"; rm "$GLR_TEST/containers" ;;
esac`;
    const runner = (afterCancel: string): string => `
printf '%s\\n' build-1 >"$GLR_TEST/containers"; date -u +%FT%T.5Z >"$GLR_TEST/started"
echo '{"job":7,"msg":"Checking for jobs... received"}' >&2
sleep 2
echo '{"job":7,"job-status":"canceling","level":"info","msg":"Appending trace to coordinator...ok"}' >&2
${afterCancel}
for n in {1..140}; do [[ -e "$GLR_TEST/containers" ]] || break; sleep 0.1; done
echo "$n" >"$GLR_TEST/waited"`;

    it.concurrent("ends within ten seconds although it ignores SIGTERM: its container is killed before Docker would", () =>
      inRoom(async (room) => {
        const commands = { docker: DOCKER, "gitlab-runner": runner("") };
        const machine = await room.start(storedRow(), { commands });
        expect(await machine.untilOff(25)).toBe(true);
        expect(machine.wrote("killed")).toBe("build-1\n");
        // Four seconds are left to it, counted in whole ones: three at least.
        expect(Number(machine.wrote("waited"))).toBeGreaterThan(20);
        // Tenths of a second: Docker itself would kill it after ten.
        expect(Number(machine.wrote("waited"))).toBeLessThan(100);
        expect(machine.console()).toContain("glr: done");
      }));

    it.concurrent("keeps the container in which after_script runs", () =>
      inRoom(async (room) => {
        const commands = {
          docker: DOCKER,
          "gitlab-runner": runner('date -u +%FT%T.9Z >"$GLR_TEST/started"'),
        };
        const machine = await room.start(storedRow(), { commands });
        expect(await machine.untilOff(30)).toBe(true);
        expect(machine.wrote("killed")).toBe("");
      }));
  });

  it.concurrent("F-48: the timer ends a machine whose runner ignores every signal", () =>
    inRoom(async (room) => {
      const runner = `
trap '' QUIT TERM
echo '{"job":7,"msg":"Checking for jobs... received"}' >&2
while :; do sleep 0.1; done`;
      const row = storedRow({ lifetimeSeconds: { N: "5" } });
      const machine = await room.start(row, { commands: { "gitlab-runner": runner } });
      expect(await machine.untilOff(25)).toBe(true);
      expect(machine.console()).not.toContain("powering off");
    }));

  it.concurrent("F-48: the dead man's timer ends a machine whose user data hangs", () =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow(), {
        commands: { date: "sleep 60" },
        maximumLifetimeSeconds: 3,
      });
      expect(await machine.untilOff(20)).toBe(true);
    }));

  it.concurrent("F-37: a spot notice ends a runner that waits", () =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow(), {
        commands: { "gitlab-runner": IDLE_RUNNER },
        instance: { boughtAs: "spot", interruptedAt: Date.now() + 120_000 },
      });
      expect(await machine.untilOff(20)).toBe(true);
      expect(machine.wrote("signals")).toBe("TERM\n");
      expect(machine.console()).toContain("spot interruption");
    }));

  it.concurrent("F-37: a spot notice lets a job run on for fifteen seconds, and then interrupts it", () =>
    inRoom(async (room) => {
      const runner = `
trap 'echo TERM >>"$GLR_TEST/signals"; exit 0' TERM
echo '{"job":7,"msg":"Checking for jobs... received"}' >&2
for _ in {1..100}; do sleep 0.1; done
echo "after ten seconds" >"$GLR_TEST/ran"
while :; do sleep 0.1; done`;
      const machine = await room.start(storedRow(), {
        commands: { "gitlab-runner": runner },
        instance: { boughtAs: "spot", interruptedAt: Date.now() + 120_000 },
      });
      expect(await machine.untilOff(60)).toBe(true);
      expect(machine.wrote("ran")).toBe("after ten seconds\n");
      expect(machine.wrote("signals")).toBe("TERM\n");
      expect(machine.console()).toContain("spot interruption");
    }));

  it.concurrent("ends on SIGTERM, as at a shutdown from outside", () =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow(), {
        commands: { "gitlab-runner": "kill -TERM $PPID; sleep 5" },
      });
      expect(await machine.untilOff(20)).toBe(true);
      expect(machine.console()).toContain("ended from outside");
    }));

  it.concurrent("a second boot ends the machine: timers do not outlive a reboot", () =>
    inRoom(async (room) => {
      const machine = await room.start(storedRow());
      await machine.untilOff(20);
      expect(machine.everything()).toContain("#!/bin/sh\nshutdown -h now\n");
    }));

  describe("in legacy mode", () => {
    const startGitLabDouble = async (status: number) => {
      const seen: (Pick<IncomingMessage, "method" | "url"> & { body: string })[] = [];
      const server = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk) => {
          body += String(chunk);
        });
        request.on("end", () => {
          seen.push({ method: request.method, url: request.url, body });
          response.writeHead(status).end();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sub`;
      return { seen, url, close: () => server.close() };
    };

    it.concurrent("deletes its own record as its last act, after the runner has ended", () =>
      inRoom(async (room) => {
        const gitlab = await startGitLabDouble(204);
        const row = storedRow({ url: { S: gitlab.url }, deletesOwnRecord: { BOOL: true } });
        const machine = await room.start(row, {
          commands: { "gitlab-runner": `${GOOD_RUNNER}\necho ended >"$GLR_TEST/ended"` },
        });
        expect(await machine.untilOff(20)).toBe(true);
        expect(gitlab.seen).toEqual([
          { method: "DELETE", url: "/sub/api/v4/runners", body: `token=${encodeURIComponent(TOKEN)}` },
        ]);
        expect(machine.wrote("ended")).toBe("ended\n");
        gitlab.close();
      }));

    it.concurrent("powers off though GitLab does not delete it", () =>
      inRoom(async (room) => {
        const gitlab = await startGitLabDouble(500);
        const row = storedRow({ url: { S: gitlab.url }, deletesOwnRecord: { BOOL: true } });
        const machine = await room.start(row, { timeoutSeconds: 6 });
        expect(await machine.untilOff(40)).toBe(true);
        expect(gitlab.seen.length).toBeGreaterThan(1);
        gitlab.close();
      }));
  });
});
