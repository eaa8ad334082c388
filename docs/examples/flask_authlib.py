"""A web application with Flask and Authlib. Run: `python flask_authlib.py` with the settings below.

Registered with `"redirect_uris": ["{own address}/callback"]`, a secret, and the scope used here.
"""

import os
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, abort, redirect, request, session, url_for

ISSUER = os.environ["ISSUER"]

app = Flask(__name__)
app.secret_key = os.environ["SESSION_KEY"]
app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")
kumiai = OAuth(app).register(
    "kumiai",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
)


@app.get("/")
def home():
    member = session.get("member")
    return f"{member['name']} ({member['number']})" if member else redirect(url_for("sign_in"))


@app.get("/sign-in")
def sign_in():
    return kumiai.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    if request.args.get("iss") != ISSUER:  # RFC 9207: an answer of somebody else
        abort(400)
    try:
        tokens = kumiai.authorize_access_token()  # state, PKCE, signature, iss, aud, exp, nonce
    except OAuthError as refused:
        return f"Not signed in: {refused.error}", 403
    claims = kumiai.userinfo(token=tokens)
    if claims["sub"] != tokens["userinfo"]["sub"]:
        abort(400)
    session.clear()
    session["member"] = {
        "sub": claims["sub"],  # the key of your record
        "name": claims["name"],
        "number": claims["member_number"],
    }
    session["id_token"] = tokens["id_token"]
    return redirect(url_for("home"))


@app.post("/sign-out")
def sign_out():
    hint = session.pop("id_token", "")
    session.clear()
    end = kumiai.load_server_metadata()["end_session_endpoint"]
    back = url_for("home", _external=True)
    query = {"id_token_hint": hint, "post_logout_redirect_uri": back}
    return redirect(f"{end}?{urlencode(query)}")


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]))
