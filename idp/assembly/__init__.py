"""Builds every service from the settings, one module per part. No Flask here.

Nothing starts on a missing master key, a database that is not migrated, or without a policy. Name
the module that is needed: a command that shows an account does not wait for the imports of the
worker.
"""
