"""Errors that cross packages. Each has a steady `code`; `detail` is for the log only.

Expected outcomes are values, not errors; what is raised here becomes a page or an OAuth error in
`web/problems` or `oidc/refusals`, with constant public text.
"""


class IdpError(Exception):
    """An act that cannot go on; `code` names why, `status` is the HTTP status of its page."""

    code = "error"
    status = 500

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class Unavailable(IdpError):
    """Something the act needs does not answer; trying again later may succeed."""

    code = "unavailable"
    status = 503
    retry_after = 5

    def __init__(self, detail: str = "", retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class StoreUnavailable(Unavailable):
    """The database did not answer, is locked, or cannot write."""

    code = "store_unavailable"


class SettingsError(IdpError):
    """The settings or the policy are wrong; the program does not start on them."""

    code = "settings"
