"""What was done and how it went: steps in plain words, with secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from idp.errors import IdpError

SECRET = frozenset(
    {
        *("code", "code_verifier", "access_token", "refresh_token", "id_token", "id_token_hint"),
        *("client_secret", "client_assertion", "password", "logout_token", "dpop", "authorization"),
        "request_uri",
    }
)
SHOWN = 6


class Refused(IdpError):
    """The provider said no, or said something that a relying party must not accept."""

    code = "refused"


@dataclass
class Report:
    """The steps so far; `live` says each as it is done."""

    show_secrets: bool = False
    live: bool = True
    steps: list[dict[str, Any]] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)

    def add(self, step: str, sentence: str, *, ok: bool = True, **details: Any) -> None:
        """Say one step."""
        shown = self.masked(details)
        self.steps.append({"step": step, "ok": ok, "said": sentence} | shown)
        if self.live:
            click.echo(f"{len(self.steps):>2}. {'' if ok else 'NOT OK: '}{sentence}")
            for name, value in shown.items():
                for at, line in enumerate(_lines(value)):
                    click.echo(f"      {f'{name}: ' if at == 0 else '  '}{line}")

    def check(self, step: str, sentence: str, *, ok: bool, why: str, **details: Any) -> None:
        """Say a step that must hold; raises `Refused` with the reason when it does not."""
        self.add(step, sentence if ok else why, ok=ok, **details)
        if not ok:
            raise Refused(why)

    def masked(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """Give details with what proves something cut after its beginning."""
        return {name: self._masked(name, value) for name, value in details.items()}

    def _masked(self, name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self.masked(value)
        if self.show_secrets or name.lower() not in SECRET or not isinstance(value, str):
            return value
        return f"{value[:SHOWN]}… ({len(value)} characters)" if value else value

    def content(self) -> dict[str, Any]:
        """Give everything for a script."""
        return {"ok": all(step["ok"] for step in self.steps), "steps": self.steps} | self.results


def _lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{name} = {_text(inner)}" for name, inner in value.items()] or ["(nothing)"]
    return _text(value).splitlines() or [""]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
