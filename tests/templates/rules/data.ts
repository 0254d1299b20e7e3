import { asList, asMap, at, ofType, type Properties, type Resource, type Template } from "../read-template";
import { resolve } from "../resolve";
import type { TemplateRule } from "./rule";

/** Tables whose items live for minutes: tokens, which a backup would keep longer, and ids of signed webhooks. */
const SHORT_LIVED = ["BootstrapTable", "WebhookIdTable"];
const isOn = (resource: Resource, ...path: readonly string[]): boolean =>
  at(resource.properties, ...path) === true;

const tableFaults = (table: Resource): readonly string[] => {
  const { id, attributes } = table;
  const wanted: readonly (readonly [boolean, string])[] = [
    [isOn(table, "SSESpecification", "SSEEnabled"), "is not encrypted with a key of the account"],
    [table.properties.BillingMode === "PAY_PER_REQUEST", "costs while idle"],
    [table.properties.TableName === undefined, "has a name of its own"],
    [id === "MappingTable" || isOn(table, "TimeToLiveSpecification", "Enabled"), "never forgets"],
    [
      SHORT_LIVED.includes(id) ||
        isOn(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
      "cannot be recovered",
    ],
    [SHORT_LIVED.includes(id) || isOn(table, "DeletionProtectionEnabled"), "can be deleted by mistake"],
    [SHORT_LIVED.includes(id) || attributes.DeletionPolicy === "Retain", "is deleted with its stack"],
  ];
  return wanted.flatMap(([holds, fault]) => (holds ? [] : `${id} ${fault}`));
};

const tables: TemplateRule = {
  id: "S-9",
  says: "encrypts tables, protects and backs up those with the user's or the ledger's data, and expires items by TTL",
  check: (template) => ofType(template, "AWS::DynamoDB::Table").flatMap(tableFaults),
  bad: [
    "Resources: { LedgerTable: { Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, Properties: { BillingMode: PAY_PER_REQUEST, SSESpecification: { SSEEnabled: true } } } }",
    "Resources: { BootstrapTable: { Type: AWS::DynamoDB::Table, Properties: { BillingMode: PAY_PER_REQUEST, TimeToLiveSpecification: { Enabled: true } } } }",
    "Resources: { MappingTable: { Type: AWS::DynamoDB::Table, Properties: { BillingMode: PAY_PER_REQUEST, SSESpecification: { SSEEnabled: true }, DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } } } }",
  ],
};

const GOOD_BUCKET = `Resources:
  B: { Type: AWS::S3::Bucket, DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Properties: {
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: AES256 } }] },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    LifecycleConfiguration: { Rules: [{ Status: Enabled, ExpirationInDays: 14 }, { Status: Enabled, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }] } } }
  P: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: !Ref B, PolicyDocument: { Statement: [{ Effect: Deny,
    Principal: "*", Action: s3:*, Resource: [!GetAtt B.Arn, !Sub "\${B.Arn}/*"], Condition: { Bool: { aws:SecureTransport: "false" } } }] } } }`;

const STATEFUL = [
  "AWS::S3::Bucket",
  "AWS::DynamoDB::Table",
  "AWS::SQS::Queue",
  "AWS::ECR::Repository",
  "AWS::Logs::LogGroup",
];

const deletion: TemplateRule = {
  id: "S-9",
  says: "declares for everything that holds data whether it is retained",
  check: (template) =>
    template.resources
      .filter(({ type }) => STATEFUL.includes(type))
      .filter(
        ({ attributes }) =>
          attributes.DeletionPolicy === undefined ||
          attributes.UpdateReplacePolicy !== attributes.DeletionPolicy,
      )
      .map(({ id }) => `${id} does not say what becomes of it`),
  bad: ["Resources: { Q: { Type: AWS::SQS::Queue, DeletionPolicy: Delete } }"],
};

const repositoryFaults = ({ id, properties }: Resource): readonly string[] => {
  const text = String(at(properties, "LifecyclePolicy", "LifecyclePolicyText") ?? '{"rules":[]}');
  const rules = (JSON.parse(text) as { rules: { selection: { tagStatus: string } }[] }).rules;
  return [
    ...(at(properties, "ImageScanningConfiguration", "ScanOnPush") === true ? [] : [`${id} is not scanned`]),
    ...(rules.length > 0 ? [] : [`${id} grows for ever`]),
    ...(rules.every(({ selection }) => selection.tagStatus === "untagged")
      ? []
      : [`${id} may expire an image that a function runs`]),
  ];
};

const repositories: TemplateRule = {
  id: "S-12 T-25",
  says: "scans images, and expires only untagged ones",
  check: (template) => ofType(template, "AWS::ECR::Repository").flatMap(repositoryFaults),
  bad: [
    "Resources: { E: { Type: AWS::ECR::Repository, Properties: {} } }",
    `Resources: { E: { Type: AWS::ECR::Repository, Properties: { ImageScanningConfiguration: { ScanOnPush: true }, LifecyclePolicy: { LifecyclePolicyText: '{"rules":[{"selection":{"tagStatus":"any"}}]}' } } } }`,
  ],
};

/** What the stacks before it published, in plain text and without secrets. */
const PUBLISHED =
  /\{\{resolve:ssm:\$\{ConfigurationPath\}\/(infrastructure|lambda-shell-runner)\/[a-z0-9-]+\}\}/g;
const SECRET_NAME = /token|secret|password|credential/i;

const secrets: TemplateRule = {
  id: "S-16 S-18",
  says: "has no secret in parameters, resources or environments",
  check: (template) => [
    ...Object.entries(template.parameters)
      .filter(([name, { NoEcho }]) => SECRET_NAME.test(name) || NoEcho !== undefined)
      .map(([name]) => `The parameter ${name} would be in every change set`),
    ...ofType(template, "AWS::SSM::Parameter")
      .filter(({ properties }) => !["String", "StringList"].includes(String(properties.Type)))
      .map(({ id }) => `${id} makes a secret parameter`),
    ...ofType(template, "AWS::SSM::Document").map(({ id }) => `${id} runs commands on machines`),
    ...template.resources
      .filter(({ properties }) => JSON.stringify(properties).replace(PUBLISHED, "").includes("{{resolve:"))
      .map(({ id }) => `${id} takes a value into the template`),
    ...ofType(template, "AWS::Serverless::Function").flatMap(({ id, properties }) =>
      Object.keys(asMap(at(properties, "Environment", "Variables")))
        .filter((name) => SECRET_NAME.test(name))
        .map((name) => `${id} has ${name} in its environment`),
    ),
  ],
  bad: [
    "Parameters: { WebhookToken: { Type: String } }",
    "Parameters: { Key: { Type: String, NoEcho: true } }",
    "Resources: { P: { Type: AWS::SSM::Parameter, Properties: { Type: SecureString } } }",
    "Resources: { F: { Type: AWS::Serverless::Function, Properties: { Environment: { Variables: { ACCESS_TOKEN: x } } } } }",
    "Resources: { F: { Type: AWS::Serverless::Function, Properties: { Description: '{{resolve:ssm-secure:/x}}' } } }",
    `Resources: { F: { Type: AWS::Serverless::Function, Properties: { Description: !Sub "{{resolve:ssm:\${ConfigurationPath}/AccessToken}}" } } }`,
  ],
};

const refusesPlainText = (template: Template, queueId: string): boolean =>
  ofType(template, "AWS::SQS::QueuePolicy")
    .filter(({ properties }) => asList(properties.Queues).some((queue) => asMap(queue).Ref === queueId))
    .flatMap(({ properties }) => asList(at(properties, "PolicyDocument", "Statement")).map(asMap))
    .some(
      ({ Effect, Principal, Condition }) =>
        Effect === "Deny" && Principal === "*" && at(Condition, "Bool", "aws:SecureTransport") === "false",
    );

const queues: TemplateRule = {
  id: "S-17",
  says: "encrypts queues and refuses plain text",
  check: (template) =>
    ofType(template, "AWS::SQS::Queue")
      .filter(
        ({ id, properties }) => properties.SqsManagedSseEnabled !== true || !refusesPlainText(template, id),
      )
      .map(({ id }) => `${id} is open to plain text, or not encrypted`),
  bad: [
    "Resources: { Q: { Type: AWS::SQS::Queue, Properties: { SqsManagedSseEnabled: true } } }",
    "Resources: { Q: { Type: AWS::SQS::Queue }, P: { Type: AWS::SQS::QueuePolicy, Properties: { Queues: [!Ref Q], PolicyDocument: { Statement: [{ Effect: Deny, Principal: '*', Condition: { Bool: { aws:SecureTransport: 'false' } } }] } } } }",
  ],
};

const TLS_ONLY = (statement: Properties): boolean =>
  statement.Effect === "Deny" &&
  statement.Principal === "*" &&
  statement.Action === "s3:*" &&
  at(statement.Condition, "Bool", "aws:SecureTransport") === "false";

/** The statements of a bucket's policy that are for the bucket and for all of its objects. */
const bucketStatements = (template: Template, bucketId: string): readonly Properties[] =>
  ofType(template, "AWS::S3::BucketPolicy")
    .filter(({ properties }) => asMap(properties.Bucket).Ref === bucketId)
    .flatMap(({ properties }) => asList(at(properties, "PolicyDocument", "Statement")).map(asMap))
    .filter(({ Resource }) => {
      const arn = String(resolve(template, { "Fn::GetAtt": [bucketId, "Arn"] }));
      const covered = asList(resolve(template, Resource));
      return covered.includes(arn) && covered.includes(`${arn}/*`);
    });

const PUBLIC = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/** What of a bucket's objects a rule is for: all of them, or all that jobs write, and their builds of images. */
const COVERS_ALL: readonly (readonly string[])[] = [[""], ["protected/", "unprotected/", "buildkit/"]];

const bucketFaults = (template: Template, { id, properties, attributes }: Resource): readonly string[] => {
  const rules = asList(at(properties, "LifecycleConfiguration", "Rules"))
    .map(asMap)
    .filter(({ Status, TagFilters }) => Status === "Enabled" && !TagFilters);
  const expiring = rules.filter(({ ExpirationInDays }) => Number(ExpirationInDays) <= 30);
  const expired = expiring.map(({ Prefix }) => String(Prefix ?? ""));
  const algorithm = asList(at(properties, "BucketEncryption", "ServerSideEncryptionConfiguration")).map(
    (one) => at(asMap(one), "ServerSideEncryptionByDefault", "SSEAlgorithm"),
  );
  const wanted: readonly (readonly [boolean, string])[] = [
    [
      PUBLIC.every((name) => at(properties, "PublicAccessBlockConfiguration", name) === true),
      "may become public",
    ],
    [bucketStatements(template, id).some(TLS_ONLY), "is open to plain text"],
    [algorithm.join() === "AES256", "is not encrypted with a key of S3's"],
    [COVERS_ALL.some((parts) => parts.every((part) => expired.includes(part))), "grows for ever"],
    [
      rules.some(
        (rule) => !rule.Prefix && at(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation") === 1,
      ),
      "keeps broken uploads",
    ],
    [properties.BucketName === undefined, "has a name of its own"],
    [attributes.DeletionPolicy === "Retain", "blocks the deletion of its stack while it holds an object"],
  ];
  return wanted.flatMap(([holds, fault]) => (holds ? [] : `${id} ${fault}`));
};

const buckets: TemplateRule = {
  id: "S-9",
  says: "keeps buckets private, encrypted and free of old objects, and refuses plain text",
  check: (template) =>
    ofType(template, "AWS::S3::Bucket").flatMap((bucket) => bucketFaults(template, bucket)),
  bad: [
    "Resources: { B: { Type: AWS::S3::Bucket } }",
    // Each lacks one thing of a good one.
    ...[
      "BlockPublicAcls: true, ",
      "SSEAlgorithm: AES256",
      "ExpirationInDays: 14",
      "DaysAfterInitiation: 1",
      "DeletionPolicy: Retain, ",
      "s3:*",
      `, !Sub "\${B.Arn}/*"`,
    ].map((part) => GOOD_BUCKET.replace(part, part === "s3:*" ? "s3:GetObject" : "")),
  ],
};

export const dataRules = [tables, deletion, repositories, secrets, queues, buckets];
