interface NodeNetworkError {
  readonly message: string;
  readonly code?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
}

const CERTIFICATE = /CERT|UNABLE_TO|SELF_SIGNED/;

/** A network error in the words of Go's standard library, as gitlab-runner has them in its log. */
export const goError = ({ message, code = "", hostname, address, port }: NodeNetworkError): string => {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${hostname}: no such host`;
  if (code === "ECONNREFUSED") return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === "EPROTO") return "tls: first record does not look like a TLS handshake";
  if (CERTIFICATE.test(code)) return `tls: failed to verify certificate: x509: ${message}`;
  return message;
};
