"""Kumiai ID: an OpenID Connect provider for membership co-operatives."""
