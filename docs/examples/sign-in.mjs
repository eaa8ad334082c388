// A web application in Node with openid-client 6 and nothing else. Run: `node sign-in.mjs` with
// ISSUER, CLIENT_ID, CLIENT_SECRET and PORT in the environment. The request is pushed (PAR), and
// the tokens are bound to a key of this process (DPoP): two lines each.

import { createServer } from 'node:http'
import { randomBytes, webcrypto } from 'node:crypto'
import * as client from 'openid-client'

globalThis.crypto ??= webcrypto
const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env
const home = `http://127.0.0.1:${PORT}`
const plain = ISSUER.startsWith('http://') ? { execute: [client.allowInsecureRequests] } : {}
const config = await client.discovery(
  new URL(ISSUER), CLIENT_ID, undefined, client.ClientSecretBasic(CLIENT_SECRET), plain,
)
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
const sessions = new Map() // in memory: yours belong into a store

const routes = {
  async '/'(session, send) {
    if (session.member) return send(200, `${session.member.name} (${session.member.member_number})`)
    session.asked = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
    }
    const url = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: `${home}/callback`,
      scope: 'openid profile',
      state: session.asked.expectedState,
      nonce: session.asked.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(session.asked.pkceCodeVerifier),
      code_challenge_method: 'S256',
    }, { DPoP })
    send(303, '', { Location: url.href })
  },
  async '/callback'(session, send, url) {
    // Checks state, iss, PKCE, the ID token's signature, iss, aud, exp, nonce.
    const tokens = await client.authorizationCodeGrant(config, url, session.asked, {}, { DPoP })
    const { sub } = tokens.claims()
    session.member = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP })
    send(303, '', { Location: '/' })
  },
}

createServer(async (request, response) => {
  const url = new URL(request.url, home)
  const known = /(?:^|; )app=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  const id = sessions.has(known) ? known : randomBytes(24).toString('base64url')
  if (id !== known) sessions.set(id, {})
  const send = (status, text, headers = {}) => response
    .writeHead(status, { 'Set-Cookie': `app=${id}; HttpOnly; SameSite=Lax; Path=/`, ...headers })
    .end(text)
  const route = request.method === 'GET' && routes[url.pathname]
  if (!route) return send(404, 'not found')
  try {
    await route(sessions.get(id), send, url)
  } catch (refused) {
    send(403, `Not signed in: ${refused.error ?? refused.code}`)
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(home))
