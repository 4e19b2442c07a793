import { SignJWT } from 'jose';

const lifetime = '60s';

/**
 * A short-lived token that proves to a service which other service is calling.
 * @param caller name of the calling service (`iss`)
 * @param service name of the called service (`aud`)
 */
export function signServiceToken(secret: string, caller: string, service: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(caller)
    .setAudience(service)
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(secret));
}
