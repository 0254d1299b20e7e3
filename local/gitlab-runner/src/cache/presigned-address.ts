import type { CacheConfig } from "./cache-config";

const EXPIRES_SECONDS = 600;

/**
 * An address that opens one object of the cache in one way. The credentials go no further than this process. The SDK is loaded
 * only for a job with a cache.
 */
export const presignedAddress = async (
  { bucket, region, endpoint, credentials }: CacheConfig,
  method: "GET" | "PUT",
  Key: string,
): Promise<string> => {
  const { GetObjectCommand, PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
  const client = new S3Client({
    region,
    credentials,
    // Else the address would be for an empty body.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
  const input = { Bucket: bucket, Key };
  const expiresIn = EXPIRES_SECONDS;
  return method === "GET"
    ? getSignedUrl(client, new GetObjectCommand(input), { expiresIn })
    : getSignedUrl(client, new PutObjectCommand(input), { expiresIn });
};
