/** Settings of an AWS SDK client for the laptop's engine. */
export const clientSettings = (env: Readonly<Record<string, string>>) => ({
  endpoint: env.AWS_ENDPOINT_URL ?? "",
  region: env.AWS_REGION ?? "",
  credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? "", secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" },
});
