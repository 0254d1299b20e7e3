// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes them so
import { copyForEmulator, withImage } from "./deployed-copy";
import type { ParsedTemplate } from "./template-file";

const FUNCTION = "AWS::Serverless::Function";

describe("withImage", () => {
  it("names a pushed image for a function with one, and leaves the others to their builds", () => {
    const Zip = { Type: FUNCTION, Metadata: { BuildMethod: "esbuild" }, Properties: { CodeUri: "." } };
    const template: ParsedTemplate = {
      Resources: {
        RunnerFunction: {
          Type: FUNCTION,
          Metadata: { Dockerfile: "x" },
          Properties: { PackageType: "Image", Timeout: 900 },
        },
        Zip,
      },
    };
    expect(withImage(template, "a/b:c").Resources).toEqual({
      RunnerFunction: {
        Type: FUNCTION,
        Properties: { PackageType: "Image", Timeout: 900, ImageUri: "a/b:c" },
      },
      Zip,
    });
  });
});

describe("copyForEmulator", () => {
  const addresses = { hostUrl: "http://127.0.0.1:1/secret/functions", apiOrigin: "http://127.0.0.1:2" };

  it("leads functions' calls and webhooks to the laptop, and lacks what only its own engine makes", () => {
    const template: ParsedTemplate = {
      Resources: {
        ReconcilerFunction: {
          Type: FUNCTION,
          Properties: { CodeUri: ".", Environment: { Variables: { LEDGER_TABLE: { Ref: "LedgerTable" } } } },
        },
        Policy: { Type: "AWS::Events::EventBusPolicy" },
      },
      Outputs: { WebhookUrl: { Value: { "Fn::Sub": "${WebhookApi.ApiEndpoint}/webhook" } } },
    };
    expect(copyForEmulator(template, addresses)).toEqual({
      Resources: {
        ReconcilerFunction: {
          Type: FUNCTION,
          Properties: {
            CodeUri: ".",
            Environment: {
              Variables: {
                LEDGER_TABLE: { Ref: "LedgerTable" },
                MINISTACK_LAMBDA_PROXY_URL: "http://127.0.0.1:1/secret/functions",
              },
            },
          },
        },
      },
      Outputs: { WebhookUrl: { Value: { "Fn::Sub": "http://127.0.0.1:2/webhook" } } },
    });
  });
});
