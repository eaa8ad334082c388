"""The OpenID Connect protocol; the only home of Authlib."""
