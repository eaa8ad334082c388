"""Where each of the demo's programs is reached: one base port, names, and the scheme."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Places:
    """Addresses of a demo. `names` are the public host names of provider, portal and card."""

    host: str
    port: int
    names: tuple[str, str, str]
    https: bool

    @property
    def bind(self) -> str:
        """Give the address to listen on; a name for this machine means 127.0.0.1."""
        return "127.0.0.1" if self.host == "localhost" else self.host

    @property
    def issuer(self) -> str:
        """Give the provider's issuer."""
        return self._url(self.names[0], 0)

    @property
    def portal(self) -> str:
        """Give the portal's address."""
        return self._url(self.names[1], 1)

    @property
    def card(self) -> str:
        """Give the card's address."""
        return self._url(self.names[2], 2)

    @property
    def smtp(self) -> str:
        """Give host and port of the mail catcher."""
        return f"{_shown(self.host)}:{self.port + 3}"

    @property
    def mail(self) -> str:
        """Give the mail catcher's web page."""
        return f"http://{_shown(self.host)}:{self.port + 4}"

    @property
    def metrics(self) -> str:
        """Give the address of the counters."""
        return f"http://{_shown(self.host)}:{self.port + 5}/metrics"

    @property
    def resolve(self) -> tuple[str, ...]:
        """Give HOST=ADDRESS for public names that no resolver knows."""
        return tuple(
            f"{name}={self.bind}" for name in dict.fromkeys(self.names) if name != self.host
        )

    def _url(self, name: str, offset: int) -> str:
        scheme = "https" if self.https else "http"
        return f"{scheme}://{_shown(name)}:{self.port + offset}"


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
