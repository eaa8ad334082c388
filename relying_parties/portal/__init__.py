"""The member portal (マイページ): an OpenID Connect relying party of its own.

It owns its pages, its sessions and the inquiries members send. Who is a member, and how one
proves it, it leaves to the provider it is configured with (OpenID Connect Core 1.0).
"""
