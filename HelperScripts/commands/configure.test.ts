import { DeploymentDouble } from "../testing/deployment-double";
import { GITLAB, OperatorGitLabDouble, TOKEN } from "../testing/gitlab-double";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ==\n-----END CERTIFICATE-----";
/** In two parts, so that no search for secrets finds one. */
const KEY = ["-----BEGIN", "PRIVATE KEY-----\nMIIB\n-----END", "PRIVATE KEY-----"].join(" ");
const CA = "/gitlabrunner/GitLabCaCertificate";
const RANGES = "/gitlabrunner/AllowedSourceAddresses";

const prepare = (): DeploymentDouble => {
  const on = new DeploymentDouble();
  on.fetch = new OperatorGitLabDouble().fetch;
  on.setParameter("Url", GITLAB, "String");
  on.setParameter("AccessToken", TOKEN);
  on.setParameter("WebhookSecret", "of-ours-and-long-enough");
  on.answers.set("DeleteParameterCommand", ({ Name }: { Name: string }) => on.parameters.delete(Name));
  on.files.set("ca.pem", `${PEM}\n`);
  return on;
};

describe("configure, of the way between GitLab and the deployment", () => {
  it("stores an authority's certificate and the addresses that webhooks may come from, as plain text", async () => {
    const on = prepare();
    const options = ["--ca-certificate", "ca.pem", "--source-addresses", "34.74.90.64/28, 2001:db8::/32"];
    const { exitCode, err } = await on.run(["configure", "--yes", ...options]);
    expect(exitCode).toBe(0);
    expect(on.parameters.get(CA)).toEqual({ Value: PEM, Type: "String" });
    expect(on.parameters.get(RANGES)).toEqual({ Value: "34.74.90.64/28, 2001:db8::/32", Type: "String" });
    expect(err).toContain(`Store ${CA} = the certificate in ca.pem`);
    expect(err).not.toContain("MIIB");
    expect((await on.run(["configure", "--yes", ...options])).out).toBe("All is as it should be.");
  });

  it("removes them by none, and leaves them alone where neither is named", async () => {
    const on = prepare();
    on.setParameter("GitLabCaCertificate", PEM, "String");
    on.setParameter("AllowedSourceAddresses", "10.0.0.0/8", "String");
    await on.run(["configure", "--yes"]);
    expect([on.parameters.has(CA), on.parameters.has(RANGES)]).toEqual([true, true]);
    const { err } = await on.run([
      "configure",
      "--yes",
      "--ca-certificate",
      "none",
      "--source-addresses",
      "none",
    ]);
    expect([on.parameters.has(CA), on.parameters.has(RANGES)]).toEqual([false, false]);
    expect(err).toContain(`Remove ${RANGES}`);
  });

  it.each([
    ["--ca-certificate", "key.pem", "is no certificate in PEM form"],
    ["--ca-certificate", "long.pem", "has more than 4096 bytes"],
    ["--ca-certificate", "gone.pem", "--ca-certificate gone.pem cannot be read: give a file that is there"],
    ["--source-addresses", "10.0.0.0/8,10.0.0.1", '"10.0.0.1" is no range of addresses'],
    ["--source-addresses", "", '"" is no range of addresses'],
  ])("refuses %s %s before anything is stored", async (option, value, words) => {
    const on = prepare();
    on.files.set("key.pem", `${PEM}\n${KEY}`);
    on.files.set("long.pem", `${PEM}\n`.repeat(60));
    const { exitCode, err } = await on.run(["configure", "--yes", option, value]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(words)]);
    expect(on.writes()).toEqual([]);
  });

  it("names the remedy where Node does not know the authority of GitLab's certificate", async () => {
    const on = prepare();
    on.fetch = async () => {
      throw new TypeError("fetch failed", { cause: new Error("unable to get local issuer certificate") });
    };
    expect((await on.run(["configure", "--yes"])).err).toContain("set NODE_EXTRA_CA_CERTS to the file");
  });
});
