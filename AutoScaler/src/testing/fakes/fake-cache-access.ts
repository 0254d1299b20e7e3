import type { CacheAccess, CacheScope } from "../../ports";

export interface FakeCacheAccess {
  readonly cacheAccess: CacheAccess;
  /** In the order of the calls. */
  readonly scopes: CacheScope[];
  /** Thrown by each call while it is set. */
  failure?: Error;
}

/** Credentials of the cache. */
export const fakeCacheAccess = (): FakeCacheAccess => {
  const scopes: CacheScope[] = [];
  const fake: FakeCacheAccess = {
    scopes,
    cacheAccess: async (scope) => {
      scopes.push(scope);
      if (fake.failure) throw fake.failure;
      return {
        bucket: "cache",
        region: "eu-west-1",
        path: scope.path,
        accessKeyId: "ASIACACHE",
        secretAccessKey: "cache-secret",
        sessionToken: "cache-token",
      };
    },
  };
  return fake;
};
