// oauth2-mock-server on loopback: every token it is asked for it gives, by every grant. Prints its URL when it listens.
import { OAuth2Server } from 'oauth2-mock-server';

const server = new OAuth2Server();
await server.issuer.keys.generate('ES256');
await server.start(0, '127.0.0.1');
const { port } = server.address();
server.issuer.url = `http://127.0.0.1:${port}`;

// What this server answers is the scope's to say, so that the tests can see nonsense and old habits over HTTP.
const answers = {
  'no token': { token_type: 'Bearer' },
  'empty token': { access_token: '' },
  'two lines': { access_token: 'a\r\nX-Injected: 1' },
  'lifetime in words': { access_token: 'good', expires_in: 'soon' },
  'lifetime as text': { access_token: 'good', expires_in: '120' },
  'for ever': { access_token: 'good', expires_in: -1 },
  'refused with 200': { error: 'invalid_grant', error_description: 'The code has been used.' },
};
server.service.on('beforeResponse', (response, request) => {
  const body = answers[request.body?.scope];
  if (body) response.body = body;
  if (request.body?.scope === 'broken') {
    response.statusCode = 500;
    response.body = { error: 'server_error' };
  }
});

// What was sent comes back, for there is nothing else that its tokens open.
server.service.on('beforeUserinfo', (response, request) => {
  response.body = { authorization: request.headers.authorization ?? null };
});

console.log(`listening ${server.issuer.url}`);
