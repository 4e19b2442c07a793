import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  type Algorithm,
  createSigner,
  createVerifier,
  httpbis,
  type Request,
  type Response,
} from 'http-message-signatures';

/** The library that signs webhooks, held to Appendix B of RFC 9421: its keys (B.1), messages and signatures. */

const rsaPss = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----`;
const eccP256 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA',
  y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0',
};
const ed25519 = createPrivateKey({
  key: {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
    x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
  },
  format: 'jwk',
});
const sharedSecret = Buffer.from(
  'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
  'base64',
);
const verifiers: Record<string, [Algorithm, ReturnType<typeof createVerifier>]> = {
  'test-key-rsa-pss': ['rsa-pss-sha512', createVerifier(rsaPss, 'rsa-pss-sha512')],
  'test-key-ecc-p256': [
    'ecdsa-p256-sha256',
    createVerifier(createPublicKey({ key: eccP256, format: 'jwk' }), 'ecdsa-p256-sha256'),
  ],
  'test-key-ed25519': ['ed25519', createVerifier(createPublicKey(ed25519), 'ed25519')],
  'test-shared-secret': ['hmac-sha256', createVerifier(sharedSecret, 'hmac-sha256')],
};

const testRequest: Request = {
  method: 'POST',
  url: 'https://example.com/foo?param=Value&Pet=dog',
  headers: {
    Host: 'example.com',
    Date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'Content-Type': 'application/json',
    'Content-Digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'Content-Length': '18',
  },
};
const testResponse: Response = {
  status: 200,
  headers: {
    Date: 'Tue, 20 Apr 2021 02:07:56 GMT',
    'Content-Type': 'application/json',
    'Content-Digest':
      'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
    'Content-Length': '23',
  },
};
const proxied: Request = {
  method: 'POST',
  url: 'https://service.internal.example/foo?param=Value&Pet=dog',
  headers: {
    ...testRequest.headers,
    Host: 'service.internal.example',
    'Client-Cert':
      ':MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:',
  },
};
const transformable: Request = {
  method: 'GET',
  url: 'https://example.org/demo?name1=Value1&Name2=value2',
  headers: {
    Host: 'example.org',
    Date: 'Fri, 15 Jul 2022 14:24:55 GMT',
    Accept: ['application/json', '*/*'],
  },
};

/** Label, message, covered components and parameters, signature. */
const vectors: Record<string, [Request | Response, string, string]> = {
  'sig-b21': [
    testRequest,
    '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    'd2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==',
  ],
  'sig-b22': [
    testRequest,
    '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    'LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==',
  ],
  'sig-b23': [
    testRequest,
    '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
    'bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==',
  ],
  'sig-b24': [
    testResponse,
    '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
    'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
  ],
  'sig-b25': [
    testRequest,
    '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
  ],
  'sig-b26': [
    testRequest,
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
  ],
  ttrp: [
    proxied,
    '("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256"',
    'xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==',
  ],
  transform: [
    transformable,
    '("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"',
    'ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==',
  ],
};

/** Whether the signature of a vector holds for a message. */
async function holds(label: string, message = vectors[label]![0]): Promise<boolean> {
  const [, input, signature] = vectors[label]!;
  const signed = {
    ...message,
    headers: {
      ...message.headers,
      'Signature-Input': `${label}=${input}`,
      Signature: `${label}=:${signature}:`,
    },
  } as Request;
  const verified = await httpbis.verifyMessage(
    {
      keyLookup: async ({ keyid }) => {
        const [alg, verify] = verifiers[keyid!]!;
        return { id: keyid!, algs: [alg], verify };
      },
    },
    signed,
  );
  return verified === true;
}

test.each(Object.keys(vectors))('%s verifies', async (label) => {
  expect(await holds(label)).toBe(true);
});

test.each(Object.keys(vectors).filter((label) => label !== 'sig-b21'))(
  '%s does not verify for another message',
  async (label) => {
    const [message] = vectors[label]!;
    const headers = Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [
        name,
        [value].flat().map((text) => `${text}x`),
      ]),
    );
    expect(await holds(label, { ...message, headers })).toBe(false);
  },
);

test.each([
  ['sig-b25', createSigner(sharedSecret, 'hmac-sha256', 'test-shared-secret')],
  ['sig-b26', createSigner(ed25519, 'ed25519', 'test-key-ed25519')],
  ['transform', createSigner(ed25519, 'ed25519', 'test-key-ed25519')],
])('%s, which has no chance in it, is made again to the letter', async (label, key) => {
  const [message, input, signature] = vectors[label]!;
  const signed = await httpbis.signMessage(
    {
      key,
      name: label,
      fields: [.../\((.*)\)/.exec(input)![1]!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!),
      params: ['created', 'keyid'],
      paramValues: { created: new Date(1618884473 * 1000) },
    },
    message as Request,
  );
  expect(signed.headers).toMatchObject({
    'Signature-Input': `${label}=${input}`,
    Signature: `${label}=:${signature}:`,
  });
});

const transformations: [string, boolean, Request][] = [
  [
    'fields and a query parameter that it does not cover',
    true,
    {
      ...transformable,
      url: `${String(transformable.url)}&param=added`,
      headers: { ...transformable.headers, 'Accept-Language': 'en-US,en;q=0.5' },
    },
  ],
  [
    'a field on one line',
    true,
    {
      ...transformable,
      headers: {
        Host: 'example.org',
        Referer: 'https://developer.example.org/demo',
        Accept: 'application/json, */*',
      },
    },
  ],
  [
    'fields in another order',
    true,
    { ...transformable, headers: Object.fromEntries(Object.entries(transformable.headers).reverse()) },
  ],
  [
    'another method and authority',
    false,
    { ...transformable, method: 'POST', url: 'https://example.com/demo?name1=Value1&Name2=value2' },
  ],
  [
    'values of a field in another order',
    false,
    { ...transformable, headers: { ...transformable.headers, Accept: ['*/*', 'application/json'] } },
  ],
];
test.each(transformations)('B.4 with %s: %s', async (_what, valid, message) => {
  expect(await holds('transform', message)).toBe(valid);
});
