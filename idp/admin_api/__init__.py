"""The admin API, `/admin/v1`: the acts of the console, for programs.

A program is an OAuth client with scopes that are permissions of the staff. It uses the same
services as the pages, needs a reason for everything it changes and every record it is shown, and
is never the second person. What is offered is declared route by route (`routes`); the OpenAPI
document, the checks and the tests are made from that.
"""
