// A certified OpenID provider (panva's oidc-provider) with three people, two clients, and a fresh signing key at each start.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, redirect, algorithm] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const kinds = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], Ed25519: ['ed25519', {}] };
const [type, options] = kinds[algorithm];
const key = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
const people = {
  'zhao-1': { preferred_username: 'zhao.min', name: '赵敏', groups: ['fraud-analysts', 'canteen'] },
  'sun-2': { preferred_username: 'sun.li', name: '孙莉', groups: ['fraud-approvers', 'fraud-analysts'] },
  'sun-3': { preferred_username: 'sun.li', name: 'another Sun Li', groups: ['fraud-approvers'] },
};
const client = {
  redirect_uris: [redirect],
  response_types: ['code'],
  grant_types: ['authorization_code'],
  id_token_signed_response_alg: algorithm,
};

const provider = new Provider(issuer, {
  clients: [
    { ...client, client_id: 'huitong', client_secret: 'a secret: with %signs', token_endpoint_auth_method: 'client_secret_basic' },
    { ...client, client_id: 'huitong-public', token_endpoint_auth_method: 'none' },
  ],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  jwks: { keys: [{ ...key, kid: randomUUID(), use: 'sig', alg: algorithm }] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'Ed25519'] },
  pkce: { required: () => true },
  cookies: { keys: [randomUUID()] },
  features: { devInteractions: { enabled: true } },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
