import { verifyChunks } from "./signature/chunked-body";
import { scopeText, signingKey } from "./signature/signing-key";
import { type ReceivedRequest, SignatureError, signatureVerifier } from "./sigv4";

/** AWS's own examples, with the keys that its documentation uses. */

const at = (time: string, secretAccessKey: string) =>
  signatureVerifier({
    region: "us-east-1",
    now: () => Date.parse(time),
    secretOf: () => ({ secretAccessKey }),
  });

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-examples.html (test suite: get-vanilla)
describe("the example of a plain GET", () => {
  const request = (changes: Partial<ReceivedRequest> = {}): ReceivedRequest => ({
    method: "GET",
    target: "/",
    body: Buffer.alloc(0),
    rawHeaders: [
      "Host",
      "example.amazonaws.com",
      "X-Amz-Date",
      "20150830T123600Z",
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ],
    ...changes,
  });
  const verify = at("2015-08-30T12:36:00Z", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

  it("verifies", () => {
    expect(verify(request())).toMatchObject({ accessKeyId: "AKIDEXAMPLE", service: "service" });
  });

  it.each(["//", "/./", "/a/..", "/a//b", "/?a=b", "/?%zz"])("is refused as %s", (target) => {
    expect(() => verify(request({ target }))).toThrow(SignatureError);
  });

  it("is refused when it is signed twice", () => {
    const { rawHeaders } = request();
    const twice = { rawHeaders: [...rawHeaders, ...rawHeaders.slice(-2)] };
    expect(() => verify(request(twice))).toThrow("twice");
  });
});

const KEY = { date: "20130524", region: "us-east-1", service: "s3" };
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

const chunk = (data: string, signature: string): string =>
  `${data.length.toString(16)};chunk-signature=${signature}\r\n${data}${data ? "\r\n" : ""}`;

const signer = (seed: string) => ({
  key: signingKey(SECRET, KEY),
  seed,
  time: "20130524T000000Z",
  scope: scopeText(KEY),
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
describe("the example of a body in signed chunks", () => {
  const seed = signer("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  const body = [
    chunk("a".repeat(65_536), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    chunk("a".repeat(1_024), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    chunk("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    "\r\n",
  ];
  const verify = (text: string) => () => verifyChunks(Buffer.from(text), seed, false);

  it("verifies", () => expect(verify(body.join(""))).not.toThrow());

  it.each([
    ["a byte is changed", body.join("").replace("aaa", "aba")],
    ["a chunk is missing", [body[0], body[2], body[3]].join("")],
    ["the last chunk is missing", [body[0], body[1]].join("")],
    ["a chunk's signature is another", body.join("").replace("=00556", "=10556")],
    ["something follows", `${body.join("")}x`],
    ["a length is a lie", body.join("").replace("10000;", "20000;")],
    ["it is no chunk at all", "hello"],
  ])("is refused when %s", (_, text) => expect(verify(text)).toThrow(SignatureError));
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
describe("the example of signed chunks with a trailer", () => {
  const seed = signer("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  const body = [
    chunk("a".repeat(65_536), "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
    chunk("a".repeat(1_024), "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
    chunk("", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
    "x-amz-checksum-crc32c:sOO8/Q==\r\n",
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    "\r\n",
  ].join("");
  const verify = (text: string) => () => verifyChunks(Buffer.from(text), seed, true);

  it("verifies", () => expect(verify(body)).not.toThrow());
  it("is refused with another checksum", () =>
    expect(verify(body.replace("sOO8", "sOO9"))).toThrow(SignatureError));
  it("is refused without the trailer's signature", () => {
    expect(verify(body.replace(/x-amz-trailer.*\r\n/, ""))).toThrow(SignatureError);
  });
});
