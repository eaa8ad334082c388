// The whole story with the Nimbus OAuth 2.0 / OpenID Connect SDK (Java), which knows every step.

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.auth.*;
import com.nimbusds.oauth2.sdk.dpop.*;
import com.nimbusds.oauth2.sdk.http.*;
import com.nimbusds.oauth2.sdk.id.*;
import com.nimbusds.oauth2.sdk.pkce.*;
import com.nimbusds.oauth2.sdk.token.*;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import com.nimbusds.openid.connect.sdk.*;
import com.nimbusds.openid.connect.sdk.claims.*;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.*;

public class Client {
  static final BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
  static DPoPProofFactory proofs;

  static Map<String, Object> hear() throws Exception {
    return new HashMap<>(JSONObjectUtils.parse(in.readLine()));
  }

  static URI browse(URI url) throws Exception {
    System.out.println(new net.minidev.json.JSONObject(Map.of("open", url.toString())).toJSONString());
    return URI.create((String) hear().get("arrived"));
  }

  static HTTPResponse send(HTTPRequest request, AccessToken token) throws Exception {
    if (proofs != null) {
      String method = request.getMethod().name();
      request.setDPoP(token == null
          ? proofs.createDPoPJWT(method, request.getURI())
          : proofs.createDPoPJWT(method, request.getURI(), token));
    }
    return request.send();
  }

  static OIDCTokens tokens(HTTPResponse answer) throws Exception {
    TokenResponse parsed = OIDCTokenResponseParser.parse(answer);
    if (!parsed.indicatesSuccess()) throw new Exception(parsed.toErrorResponse().getErrorObject().toString());
    return ((OIDCTokenResponse) parsed.toSuccessResponse()).getOIDCTokens();
  }

  public static void main(String[] none) throws Exception {
    Map<String, Object> given = hear(), done = new TreeMap<>();
    ClientID id = new ClientID((String) given.get("client_id"));
    ClientAuthentication us = new ClientSecretBasic(id, new Secret((String) given.get("client_secret")));
    URI home = URI.create((String) given.get("redirect_uri"));
    URI farewell = URI.create((String) given.get("post_logout_redirect_uri"));
    boolean bound = (Boolean) given.get("dpop");
    if (bound) {
      ECKey key = new ECKeyGenerator(Curve.P_256).generate();
      proofs = new DefaultDPoPProofFactory(key, JWSAlgorithm.ES256);
    }

    Issuer issuer = new Issuer((String) given.get("issuer"));
    OIDCProviderMetadata provider = OIDCProviderMetadata.resolve(issuer);
    done.put("discovery", provider.getIssuer().equals(issuer));

    CodeVerifier verifier = new CodeVerifier();
    State state = new State();
    Nonce nonce = new Nonce();
    AuthorizationRequest asked = new AuthenticationRequest.Builder(
        ResponseType.CODE, Scope.parse("openid profile offline_access"), id, home)
        .state(state).nonce(nonce).codeChallenge(verifier, CodeChallengeMethod.S256).build();
    HTTPRequest push = new PushedAuthorizationRequest(
        provider.getPushedAuthorizationRequestEndpointURI(), us, asked).toHTTPRequest();
    PushedAuthorizationResponse pushed = PushedAuthorizationResponse.parse(send(push, null));
    done.put("par", pushed.indicatesSuccess());
    URI back = browse(new AuthorizationRequest.Builder(pushed.toSuccessResponse().getRequestURI(), id)
        .endpointURI(provider.getAuthorizationEndpointURI()).build().toURI());

    AuthenticationResponse answer = AuthenticationResponseParser.parse(back);
    if (!answer.getState().equals(state) || !issuer.equals(answer.getIssuer())) {
      throw new Exception("the answer is not for us");
    }
    AuthorizationCode code = answer.toSuccessResponse().getAuthorizationCode();
    AuthorizationGrant grant = new AuthorizationCodeGrant(code, home, verifier);
    OIDCTokens first = tokens(send(
        new TokenRequest.Builder(provider.getTokenEndpointURI(), us, grant).build().toHTTPRequest(), null));
    IDTokenClaimsSet claims = new IDTokenValidator(
        issuer, id, JWSAlgorithm.RS256, provider.getJWKSetURI().toURL()).validate(first.getIDToken(), nonce);
    done.put("code", claims.getSubject() != null);
    done.put("dpop", (first.getAccessToken() instanceof DPoPAccessToken) == bound);

    HTTPRequest ask = new UserInfoRequest(
        provider.getUserInfoEndpointURI(), first.getAccessToken()).toHTTPRequest();
    UserInfo about = UserInfoResponse.parse(send(ask, first.getAccessToken())).toSuccessResponse().getUserInfo();
    done.put("userinfo", about.getSubject().equals(claims.getSubject())
        && given.get("member_number").equals(about.getStringClaim("member_number")));

    AuthorizationGrant again = new RefreshTokenGrant(first.getRefreshToken());
    OIDCTokens renewed = tokens(send(
        new TokenRequest.Builder(provider.getTokenEndpointURI(), us, again).build().toHTTPRequest(), null));
    done.put("refresh", !renewed.getRefreshToken().equals(first.getRefreshToken()));

    URI inspect = provider.getIntrospectionEndpointURI();
    TokenIntrospectionSuccessResponse live = TokenIntrospectionResponse.parse(
        new TokenIntrospectionRequest(inspect, us, renewed.getAccessToken()).toHTTPRequest().send())
        .toSuccessResponse();
    done.put("introspection", live.isActive() && claims.getSubject().equals(live.getSubject()));
    boolean taken = new TokenRevocationRequest(
        provider.getRevocationEndpointURI(), us, renewed.getRefreshToken())
        .toHTTPRequest().send().indicatesSuccess();
    TokenIntrospectionSuccessResponse dead = TokenIntrospectionResponse.parse(
        new TokenIntrospectionRequest(inspect, us, renewed.getAccessToken()).toHTTPRequest().send())
        .toSuccessResponse();
    done.put("revocation", taken && !dead.isActive());

    State last = new State();
    String bye = browse(new LogoutRequest(
        provider.getEndSessionEndpointURI(), first.getIDToken(), farewell, last).toURI()).toString();
    done.put("logout", bye.startsWith(farewell.toString()) && bye.contains("state=" + last));
    System.out.println("{\"done\":" + new net.minidev.json.JSONObject(done).toJSONString() + "}");
  }
}
