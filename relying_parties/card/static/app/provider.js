// The OpenID Connect side: public client, authorization code with PKCE (S256), state, nonce,
// ES256 ID tokens, rotating refresh tokens, all tokens bound to a key of this device (DPoP). All
// protocol checks are the library's.

import * as oauth from '../vendor/oauth4webapi/index.js';
import { deadline } from './card-server.js';
import * as clock from './clock.js';
import { Ended, Unreachable } from './errors.js';
import * as keys from './key.js';
import * as storage from './storage.js';

const SCOPE = 'openid profile offline_access';
const PENDING_LIFETIME = 60 * 60 * 1000;

// The sign-in came back with an error of the provider (`code`), or with something unfit (null).
export class SignInRefused extends Error {
  constructor(code, description) {
    super('sign-in refused');
    this.code = code;
    this.description = description;
  }
}

export class Provider {
  constructor(config) {
    this.config = config;
    this.options = () => ({
      signal: deadline(),
      [oauth.allowInsecureRequests]: config.insecure_issuer === true,
    });
  }

  get client() {
    return {
      client_id: this.config.client_id,
      id_token_signed_response_alg: 'ES256',
      [oauth.clockSkew]: clock.skew(),
      [oauth.clockTolerance]: 60,
    };
  }

  // The options of a request that proves the key.
  proving(key) {
    return { ...this.options(), DPoP: keys.prover(this.client, key) };
  }

  get redirectUri() {
    return `${this.config.public_url}/callback`;
  }

  async metadata() {
    this.found ??= oauth
      .discoveryRequest(new URL(this.config.issuer), this.options())
      .then((response) => oauth.processDiscoveryResponse(new URL(this.config.issuer), response));
    try {
      return await this.found;
    } catch (error) {
      this.found = undefined;
      throw new Unreachable('discovery', { cause: error });
    }
  }

  // Return the address that starts a sign-in; what must be remembered is stored first. Raises
  // NoKeys, Unreachable.
  async signInUrl() {
    const server = await this.metadata();
    const [state, nonce, verifier] = [
      oauth.generateRandomState(), oauth.generateRandomNonce(), oauth.generateRandomCodeVerifier(),
    ];
    const key = await keys.generate();
    await keys.keep(storage, `pending:${state}`, { nonce, verifier, key, at: Date.now() });
    const url = new URL(server.authorization_endpoint);
    const parameters = {
      response_type: 'code',
      client_id: this.config.client_id,
      redirect_uri: this.redirectUri,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: await keys.prover(this.client, key).calculateThumbprint(),
      ui_locales: document.documentElement.lang,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  }

  // Redeem the code in a callback address. Raises SignInRefused, Unreachable.
  async finishSignIn(url) {
    const state = url.searchParams.get('state') ?? '';
    const pending = await storage.get(`pending:${state}`);
    await storage.remove(`pending:${state}`);
    if (!pending?.key || Date.now() - pending.at > PENDING_LIFETIME) throw new SignInRefused(null);
    const server = await this.metadata();
    try {
      const parameters = oauth.validateAuthResponse(server, this.client, url, state);
      const { tokens, response } = await keys.withNonce(async () => {
        const answer = await oauth.authorizationCodeGrantRequest(
          server, this.client, oauth.None(), parameters, this.redirectUri, pending.verifier,
          this.proving(pending.key),
        );
        const processed = await oauth.processAuthorizationCodeResponse(server, this.client, answer, {
          expectedNonce: pending.nonce,
          requireIdToken: true,
        });
        return { tokens: bound(processed), response: answer };
      });
      await oauth.validateApplicationLevelSignature(server, response, this.options());
      return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens), key: pending.key };
    } catch (error) {
      throw signInError(error);
    }
  }

  // Exchange a refresh token. Raises Ended, Unreachable.
  async refresh(refreshToken, key) {
    const server = await this.metadata();
    try {
      const { tokens, response } = await keys.withNonce(async () => {
        const answer = await oauth.refreshTokenGrantRequest(
          server, this.client, oauth.None(), refreshToken, this.proving(key),
        );
        const processed = await oauth.processRefreshTokenResponse(server, this.client, answer);
        return { tokens: bound(processed), response: answer };
      });
      if (tokens.id_token) {
        await oauth.validateApplicationLevelSignature(server, response, this.options());
      }
      return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') {
        throw new Ended(error.error_description);
      }
      throw new Unreachable('refresh', { cause: error });
    }
  }

  // The member's claims. Raises Ended (the access token is not accepted), Unreachable.
  async userinfo(accessToken, subject, key) {
    const server = await this.metadata();
    let status = 0;
    try {
      return await keys.withNonce(async () => {
        const response = await oauth.userInfoRequest(
          server, this.client, accessToken, this.proving(key),
        );
        status = response.status;
        return oauth.processUserInfoResponse(server, this.client, subject, response);
      });
    } catch (error) {
      if (error instanceof oauth.WWWAuthenticateChallengeError && error.status === 401) {
        throw new Ended(error.cause[0]?.parameters?.error_description);
      }
      // without CORS exposure of WWW-Authenticate only the status can be seen
      if (status === 401) throw new Ended(null);
      throw new Unreachable('userinfo', { cause: error });
    }
  }

  // A proof with which the card's own server may ask userinfo, this once, whose token this is.
  async userinfoProof(accessToken, key) {
    const server = await this.metadata();
    const headers = new Headers();
    const url = new URL(server.userinfo_endpoint);
    await keys.prover(this.client, key).addProof(url, headers, 'GET', accessToken);
    return headers.get('dpop');
  }

  // Return the address that ends the session at the provider, or null if it has none.
  async signOutUrl(idToken) {
    const server = await this.metadata();
    if (!server.end_session_endpoint) return null;
    const url = new URL(server.end_session_endpoint);
    url.searchParams.set('id_token_hint', idToken);
    url.searchParams.set('client_id', this.config.client_id);
    url.searchParams.set('post_logout_redirect_uri', `${this.config.public_url}/signed-out`);
    return url;
  }
}

// Take only tokens that are bound to the key (RFC 9449 5).
function bound(tokens) {
  if (tokens.token_type !== 'dpop') throw new SignInRefused(null);
  return tokens;
}

function signInError(error) {
  if (error instanceof SignInRefused) return error;
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return new SignInRefused(error.error, error.error_description);
  }
  if (error instanceof TypeError || error?.name === 'AbortError') {
    return new Unreachable('token', { cause: error });
  }
  return new SignInRefused(null, undefined);
}
