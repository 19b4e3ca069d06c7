// oidc-provider on loopback, with a small API that its tokens open. Prints its URL when it listens.
//
// Clients: "app" (confidential, with a secret of awkward characters), "cli" (public, code with PKCE on any loopback port),
// "tv" (public, device). People: whoever has the password "correct horse"; the forms of devInteractions let anybody in.
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'app',
      client_secret: 'a/b+c%d=~ :"x"',
      grant_types: ['client_credentials', 'password', 'authorization_code', 'refresh_token'],
      redirect_uris: [`${issuer}/elsewhere`],
      response_types: ['code'],
      scope: 'openid offline_access',
    },
    {
      client_id: 'cli',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/callback'],
      response_types: ['code'],
    },
    {
      client_id: 'tv',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: [deviceGrant, 'refresh_token'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  cookies: { keys: ['only for tests'] },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: (_, client, code) => client.grantTypeAllowed('refresh_token'),
  pkce: { required: (_, client) => client.clientId === 'cli' },
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access', 'read'],
  ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 86400, Interaction: 600, RefreshToken: 86400, Session: 600 },
});

// RFC 6749 section 4.3, which the provider leaves to whoever still needs it.
provider.registerGrantType(
  'password',
  async (ctx) => {
    const { client, params } = ctx.oidc;
    if (params.password !== 'correct horse') {
      // Says it back, as a bad server does.
      throw new errors.CustomOIDCProviderError('invalid_grant', `no ${params.password} of ${params.username}`);
    }
    const grant = new provider.Grant({ accountId: params.username, clientId: client.clientId });
    grant.addOIDCScope('openid offline_access');
    const grantId = await grant.save();
    const what = {
      accountId: params.username, client, clientId: client.clientId, grantId, gty: 'password', scope: 'openid offline_access',
    };
    const access = new provider.AccessToken(what);
    ctx.oidc.entity('AccessToken', access);
    const refresh = new provider.RefreshToken({ ...what, rotations: 0 });
    ctx.body = {
      access_token: await access.save(), token_type: 'Bearer', expires_in: access.expiration,
      refresh_token: await refresh.save(), scope: 'openid offline_access',
    };
  },
  ['username', 'password', 'scope'],
);

// The API: GET /api/me says whose token it is; without a good one it is 401. GET /api/info tells where the server is.
provider.use(async (ctx, next) => {
  if (ctx.path === '/api/info') {
    ctx.body = { oauth_server: issuer };
  } else if (ctx.path === '/api/me') {
    const text = ctx.get('authorization').replace(/^Bearer /, '');
    const token = text && ((await provider.AccessToken.find(text)) || (await provider.ClientCredentials.find(text)));
    ctx.status = token ? 200 : 401;
    ctx.body = token
      ? { who: token.accountId ?? null, client: token.clientId, token: token.jti }
      : { error: 'invalid_token' };
  } else {
    await next();
  }
});

server.on('request', provider.callback());
console.log(`listening ${issuer}`);
