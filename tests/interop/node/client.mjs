// The whole story with openid-client (Node), which knows every step itself.
// Reads its registration as one line of JSON, asks for a browser with {"open": url}, is told
// {"arrived": url}, and says {"done": {step: result}}.

import { webcrypto } from 'node:crypto'
import { createInterface } from 'node:readline'
import * as client from 'openid-client'

globalThis.crypto ??= webcrypto // Node 18 of the distribution

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const heard = async () => JSON.parse((await lines.next()).value)
const browse = async (url) => {
  console.log(JSON.stringify({ open: url.href }))
  return new URL((await heard()).arrived)
}

const given = await heard()
const done = {}
const config = await client.discovery(
  new URL(given.issuer), given.client_id, undefined, client.ClientSecretBasic(given.client_secret),
)
done.discovery = config.serverMetadata().issuer === given.issuer

const options = {}
if (given.dpop) {
  options.DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
}

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
const parameters = {
  redirect_uri: given.redirect_uri,
  scope: 'openid profile offline_access',
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
}
const url = await client.buildAuthorizationUrlWithPAR(config, parameters, options)
done.par = url.searchParams.has('request_uri') && !url.searchParams.has('scope')

const back = await browse(url)
let tokens = await client.authorizationCodeGrant(
  config, back, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }, {}, options,
)
done.code = typeof tokens.access_token === 'string'
done.dpop = (tokens.token_type === 'dpop') === given.dpop
const { sub } = tokens.claims()

const about = await client.fetchUserInfo(config, tokens.access_token, sub, options)
done.userinfo = about.member_number === given.member_number

const before = tokens
tokens = await client.refreshTokenGrant(config, tokens.refresh_token, {}, options)
done.refresh = tokens.refresh_token !== before.refresh_token && tokens.claims().sub === sub

const live = await client.tokenIntrospection(config, tokens.access_token)
done.introspection = live.active && live.sub === sub
await client.tokenRevocation(config, tokens.refresh_token)
done.revocation = (await client.tokenIntrospection(config, tokens.access_token)).active === false

const state = client.randomState()
const bye = await browse(client.buildEndSessionUrl(config, {
  id_token_hint: before.id_token,
  post_logout_redirect_uri: given.post_logout_redirect_uri,
  state,
}))
done.logout = bye.href.startsWith(given.post_logout_redirect_uri)
  && bye.searchParams.get('state') === state

console.log(JSON.stringify({ done }))
process.exit(0)
