import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { STACK_TAG } from "../../Core/configuration";
import type { Context } from "../context";
import { isNamed } from "../failures";

type S3 = ReturnType<Context["clients"]["s3"]>;

/** CloudFormation shortens a stack's name in it, and keeps this. */
const PART_OF_NAME = "cachebucket";

const isOfDeployment = async (s3: S3, Bucket: string, deploymentId: string): Promise<boolean> => {
  try {
    const { TagSet = [] } = await s3.send(new GetBucketTaggingCommand({ Bucket }));
    return TagSet.some(({ Key, Value }) => Key === STACK_TAG && Value === deploymentId);
  } catch (error) {
    // Without tags it is nobody's of ours; it may also have gone meanwhile.
    if (isNamed(error, "NoSuchTagSet") || isNamed(error, "NoSuchBucket")) return false;
    throw error;
  }
};

/** Names of the buckets of jobs' caches that bear the deployment's name or tag: a deleted stack leaves its own. */
export const findCacheBuckets = async (
  { clients }: Pick<Context, "clients">,
  deploymentId: string,
): Promise<readonly string[]> => {
  const s3 = clients.s3();
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const names = Buckets.flatMap(({ Name = "" }) => (Name.includes(PART_OF_NAME) ? [Name] : []));
  const found: string[] = [];
  for (const name of names) {
    const isNamedAfterIt = name.startsWith(`${deploymentId}-${PART_OF_NAME}-`);
    if (isNamedAfterIt || (await isOfDeployment(s3, name, deploymentId))) found.push(name);
  }
  return found;
};

/** Empties a bucket, a thousand objects at a time, and deletes it. It has no versions. */
export const deleteCacheBucket = async (
  { clients }: Pick<Context, "clients">,
  Bucket: string,
): Promise<void> => {
  const s3 = clients.s3();
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    const Objects = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
    if (Objects.length === 0) break;
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    const [failed] = Errors;
    if (failed) throw new Error(`${Bucket}/${failed.Key} cannot be deleted: ${failed.Message}`);
  }
  await s3.send(new DeleteBucketCommand({ Bucket }));
};
