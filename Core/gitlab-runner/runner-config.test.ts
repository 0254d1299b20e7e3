import fc from "fast-check";
import { parse } from "smol-toml";
import { runnerToml } from "./runner-config";

const PLACES = { builds: "/tmp/job-a/builds", cache: "/tmp/job-a/cache" };

describe("gitlab-runner's configuration", () => {
  it("has one entry, for the shell executor, below the job's own folder, with a bounded last report", () => {
    const toml = runnerToml(
      { url: "https://gitlab.example.com", token: "glrt-abc" },
      PLACES,
      "/opt/bin:/bin",
    );
    expect(parse(toml)).toEqual({
      runners: [
        {
          name: "job",
          url: "https://gitlab.example.com",
          token: "glrt-abc",
          executor: "shell",
          shell: "bash",
          builds_dir: PLACES.builds,
          cache_dir: PLACES.cache,
          environment: ["PATH=/opt/bin:/bin"],
          pre_get_sources_script: expect.stringContaining("CI_JOB_IMAGE"),
          job_status_final_update_retry_limit: 4,
        },
      ],
    });
  });

  it("has the project's cache, whose credentials stand here alone", () => {
    const cache = {
      bucket: "cache-bucket",
      region: "eu-west-1",
      path: "unprotected",
      accessKeyId: "ASIA1",
      secretAccessKey: "a+/=",
      sessionToken: "t+/=",
    } as const;
    const row = { url: "https://gitlab.example.com", token: "glrt-abc", cache };
    const ofS3 = {
      AuthenticationType: "access-key",
      BucketName: "cache-bucket",
      BucketLocation: "eu-west-1",
      AccessKey: "ASIA1",
      SecretKey: "a+/=",
      SessionToken: "t+/=",
    };
    const ofRunner = (s3: object) => ({
      runners: [{ token: "glrt-abc", cache: { Type: "s3", Path: "unprotected", Shared: true, s3 } }],
    });
    expect(parse(runnerToml(row, PLACES, "/bin"))).toMatchObject(ofRunner(ofS3));
    expect(parse(runnerToml(row, PLACES, "/bin"))).not.toHaveProperty("runners.0.cache.s3.ServerAddress");
    expect(parse(runnerToml(row, PLACES, "/bin", undefined, "http://127.0.0.1:4566"))).toMatchObject(
      ofRunner({ ...ofS3, ServerAddress: "127.0.0.1:4566", Insecure: true, PathStyle: true }),
    );
  });

  it("names the certificate of GitLab's authority where there is one", () => {
    const row = { url: "https://a.example/gitlab", token: "glrt-abc" };
    expect(parse(runnerToml(row, PLACES, "/bin", "/tmp/job-a/config/gitlab-ca.pem"))).toMatchObject({
      runners: [{ url: "https://a.example/gitlab", "tls-ca-file": "/tmp/job-a/config/gitlab-ca.pem" }],
    });
  });

  it("has the docker executor with the image of jobs that name none, no container privileged", () => {
    const docker = { image: "public.ecr.aws/docker/library/debian:13-slim" };
    const toml = runnerToml({ url: "https://a.example", token: "glrt-abc", docker }, PLACES, "/bin");
    expect(parse(toml)).toEqual({
      runners: [
        {
          name: "job",
          url: "https://a.example",
          token: "glrt-abc",
          executor: "docker",
          job_status_final_update_retry_limit: 4,
          docker: { ...docker, privileged: false, volumes: ["/cache", "/certs/client"] },
        },
      ],
    });
  });

  it("has privileged containers, and the volume in which Docker in Docker hands over its certificates, where it is told to", () => {
    const docker = { image: "alpine:3", isPrivileged: true };
    const toml = runnerToml({ url: "https://a.example", token: "glrt-abc", docker }, PLACES, "/bin");
    expect(parse(toml)).toMatchObject({
      runners: [{ docker: { image: "alpine:3", privileged: true, volumes: ["/cache", "/certs/client"] } }],
    });
  });

  it.each([
    ["LAMBDA", "Lambda runners", "MicroVM"],
    ["MICROVM", "MicroVM runners with the executor shell", "Lambda"],
  ] as const)(
    "tells a job of the shell executor on %s that its image is not used, in its own words",
    (provider, own, other) => {
      const toml = runnerToml({ url: "https://a.example", token: "glrt-abc", provider }, PLACES, "/bin");
      const { runners } = parse(toml) as { runners: { pre_get_sources_script: string }[] };
      expect(runners[0]?.pre_get_sources_script).toContain(`which ${own} do not use`);
      expect(toml).not.toContain(other);
    },
  );

  it("keeps any text what it is: nothing in a token or PATH becomes a setting", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary-ascii" }), (token, path) => {
        const toml = runnerToml({ url: "https://a.example", token }, PLACES, path);
        expect(parse(toml)).toMatchObject({
          runners: [{ token, environment: [`PATH=${path}`], executor: "shell" }],
        });
      }),
    );
  });
});
