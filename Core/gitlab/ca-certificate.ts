/** Certificates in PEM form, one after the other, and nothing else but comments between them. */
const CERTIFICATE = /^-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----/m;

/** Whether a text can be a certificate authority's file; whether GitLab's own certificate fits it, only a call shows. */
export const isCaCertificate = (text: string): boolean =>
  CERTIFICATE.test(text) && !text.includes("PRIVATE KEY");
