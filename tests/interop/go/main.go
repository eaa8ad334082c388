// The whole story with golang.org/x/oauth2 and github.com/coreos/go-oidc.
//
// The libraries have discovery, code, PKCE, ID tokens, UserInfo and refresh. They have no PAR, no
// introspection, no revocation, no DPoP and no logout: those are a form or a header each, made here
// by hand as a Go program would.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type given struct {
	Issuer       string `json:"issuer"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RedirectURI  string `json:"redirect_uri"`
	Bye          string `json:"post_logout_redirect_uri"`
	MemberNumber string `json:"member_number"`
	DPoP         bool   `json:"dpop"`
}

var input = bufio.NewReader(os.Stdin)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func hear(into any) {
	if err := json.Unmarshal([]byte(must(input.ReadString('\n'))), into); err != nil {
		log.Fatal(err)
	}
}

func say(what any) { fmt.Println(string(must(json.Marshal(what)))) }

func browse(address string) *url.URL {
	say(map[string]string{"open": address})
	var answer struct {
		Arrived string `json:"arrived"`
	}
	hear(&answer)
	return must(url.Parse(answer.Arrived))
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// prover adds a DPoP proof (RFC 9449 4.2) to every request, and `DPoP` for `Bearer`.
type prover struct {
	key  *ecdsa.PrivateKey
	next http.RoundTripper
}

func (p *prover) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	point := must(p.key.PublicKey.Bytes())
	jwk := map[string]string{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
	header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
	place := *request.URL
	place.RawQuery, place.Fragment = "", ""
	claims := map[string]any{
		"jti": rand.Text(), "htm": request.Method, "htu": place.String(), "iat": time.Now().Unix(),
	}
	if token, is := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer "); is {
		digest := sha256.Sum256([]byte(token))
		claims["ath"] = b64(digest[:])
		request.Header.Set("Authorization", "DPoP "+token)
	}
	start := b64(must(json.Marshal(header))) + "." + b64(must(json.Marshal(claims)))
	digest := sha256.Sum256([]byte(start))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, digest[:])
	if err != nil {
		return nil, err
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	request.Header.Set("DPoP", start+"."+b64(signature))
	return p.next.RoundTrip(request)
}

type party struct {
	given
	http *http.Client
}

// post sends a form as this client, for what the library has no call for.
func (p *party) post(endpoint string, form url.Values) (int, map[string]any) {
	request := must(http.NewRequest("POST", endpoint, strings.NewReader(form.Encode())))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret))
	answer := must(p.http.Do(request))
	defer answer.Body.Close()
	body := bytes.TrimSpace(must(io.ReadAll(answer.Body)))
	content := map[string]any{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &content); err != nil {
			log.Fatal(err)
		}
	}
	return answer.StatusCode, content
}

func main() {
	var p party
	hear(&p.given)
	p.http = &http.Client{}
	if p.DPoP {
		key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		p.http.Transport = &prover{key, http.DefaultTransport}
	}
	ctx := oidc.ClientContext(context.Background(), p.http)
	done := map[string]bool{}

	provider := must(oidc.NewProvider(ctx, p.Issuer))
	var more struct {
		PAR           string `json:"pushed_authorization_request_endpoint"`
		Introspection string `json:"introspection_endpoint"`
		Revocation    string `json:"revocation_endpoint"`
		EndSession    string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		log.Fatal(err)
	}
	done["discovery"] = provider.Endpoint().TokenURL != ""
	config := oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: p.RedirectURI,
		Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess},
	}

	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	whole := must(url.Parse(config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))))
	status, pushed := p.post(more.PAR, whole.Query())
	done["par"] = status == 201
	short := url.Values{"client_id": {p.ClientID}, "request_uri": {pushed["request_uri"].(string)}}
	back := browse(provider.Endpoint().AuthURL + "?" + short.Encode()).Query()
	if back.Get("state") != state || back.Get("iss") != p.Issuer {
		log.Fatal("the answer is not for us")
	}

	token := must(config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier)))
	raw := token.Extra("id_token").(string)
	idToken := must(provider.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw))
	done["code"] = idToken.Nonce == nonce && idToken.VerifyAccessToken(token.AccessToken) == nil
	done["dpop"] = (token.TokenType == "DPoP") == p.DPoP

	// The proof needs the token in the header as the library writes it, so the type is named here.
	bearer := &oauth2.Token{AccessToken: token.AccessToken}
	about := must(provider.UserInfo(ctx, oauth2.StaticTokenSource(bearer)))
	var claims struct {
		MemberNumber string `json:"member_number"`
	}
	done["userinfo"] = about.Claims(&claims) == nil && about.Subject == idToken.Subject &&
		claims.MemberNumber == p.MemberNumber

	old := &oauth2.Token{RefreshToken: token.RefreshToken}
	renewed := must(config.TokenSource(ctx, old).Token())
	done["refresh"] = renewed.RefreshToken != token.RefreshToken && renewed.AccessToken != ""

	_, live := p.post(more.Introspection, url.Values{"token": {renewed.AccessToken}})
	done["introspection"] = live["active"] == true && live["sub"] == idToken.Subject
	status, _ = p.post(more.Revocation, url.Values{"token": {renewed.RefreshToken}})
	_, dead := p.post(more.Introspection, url.Values{"token": {renewed.AccessToken}})
	done["revocation"] = status == 200 && dead["active"] == false

	state = rand.Text()
	bye := browse(more.EndSession + "?" + url.Values{
		"id_token_hint": {raw}, "post_logout_redirect_uri": {p.Bye}, "state": {state},
	}.Encode())
	done["logout"] = strings.HasPrefix(bye.String(), p.Bye) && bye.Query().Get("state") == state
	say(map[string]any{"done": done})
}
