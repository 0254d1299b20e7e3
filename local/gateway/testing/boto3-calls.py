"""Calls of boto3 as SAM and the AWS CLI make them, to the endpoint of AWS_ENDPOINT_URL, whatever it answers."""

import io

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

CONFIG = Config(retries={"max_attempts": 1, "mode": "standard"})
S3 = {"Bucket": "bucket", "Key": "a b/ü+%~'(.zip"}

CALLS = {
    "sts GetCallerIdentity": lambda c: c("sts").get_caller_identity(),
    "cloudformation DescribeStacks": lambda c: c("cloudformation").describe_stacks(StackName="a b&c"),
    "dynamodb Query": lambda c: c("dynamodb").query(TableName="t"),
    "lambda Invoke": lambda c: c("lambda").invoke(FunctionName="arn:aws:lambda:eu-west-1:123456789012:function:f"),
    "lambda ListTags": lambda c: c("lambda").list_tags(Resource="arn:aws:lambda:eu-west-1:123456789012:function:f"),
    "lambda ListFunctions": lambda c: c("lambda").list_functions(Marker="a b+c/d=="),
    "ec2 DescribeInstances": lambda c: c("ec2").describe_instances(InstanceIds=["i-1"]),
    "iam GetRole": lambda c: c("iam").get_role(RoleName="r"),
    "sqs SendMessage": lambda c: c("sqs").send_message(QueueUrl="q", MessageBody="m"),
    "s3 PutObject": lambda c: c("s3").put_object(Body=b"x" * 70_000, **S3),
    "s3 PutObject of a stream": lambda c: c("s3").upload_fileobj(io.BytesIO(b"y" * 70_000), "bucket", "stream"),
    "s3 multipart upload": lambda c: c("s3").upload_fileobj(io.BytesIO(b"z" * 9_000_000), "bucket", "many"),
    "s3 UploadPart": lambda c: c("s3").upload_part(UploadId="u+/=", PartNumber=1, Body=io.BytesIO(b"part"), **S3),
    "s3 HeadObject": lambda c: c("s3").head_object(**S3),
    "s3 ListObjectsV2": lambda c: c("s3").list_objects_v2(Bucket="bucket", Prefix="a b/ü+"),
    "s3 CreateBucket": lambda c: c("s3").create_bucket(
        Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    ),
}


def client(service):
    return boto3.client(service, config=CONFIG)


for call in CALLS.values():
    try:
        call(client)
    except (ClientError, ResponseParserError, boto3.exceptions.S3UploadFailedError):
        pass
