"""The digital membership card (デジタル組合員証): a phone web app and its small server part.

The app (`static/`) is a public OpenID Connect client with PKCE and talks to the provider
itself. The server part serves the app, hears back-channel logout, and issues and confirms the
changing check codes. It shares no code with the provider: what it knows, it learned over HTTP.
"""
