import { createHash } from "node:crypto";

const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

const ask = async (url: string, headers: Record<string, string> = {}): Promise<Response> => {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) }).catch(
    (cause: unknown) => {
      throw new Error(`${url} does not answer`, { cause });
    },
  );
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
};

/**
 * The digest of an image for all architectures, computed from what the registry sends.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 *
 * @param image e.g. `public.ecr.aws/lambda/nodejs:24`
 * @param scheme `https`, for tests `http`
 * @returns e.g. `sha256:…`
 */
export const imageDigest = async (image: string, scheme = "https"): Promise<string> => {
  const match = /^([^/]+)\/(.+):([^:/]+)$/.exec(image);
  if (!match) throw new Error(`${image} is no registry/repository:tag`);
  const [, registry, repository, tag] = match;
  const answer = await ask(`${scheme}://${registry}/token/?scope=repository:${repository}:pull`);
  const { token } = (await answer.json()) as { token: string };
  const manifest = await ask(`${scheme}://${registry}/v2/${repository}/manifests/${tag}`, {
    Authorization: `Bearer ${token}`,
    Accept: MANIFESTS.join(", "),
  });
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.from(await manifest.arrayBuffer()))
    .digest("hex")}`;
  if (manifest.headers.get("docker-content-digest") !== digest) {
    throw new Error(`${image}: the registry names another digest than what it sent has`);
  }
  return digest;
};
