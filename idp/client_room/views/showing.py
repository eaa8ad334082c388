"""How relying parties and keys stand on pages; never a secret, never its hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.client_room.keyroom import Key
from idp.client_room.model import Party
from idp.client_room.words import (
    HOW,
    METHODS,
    NEXT,
    READY,
    SOURCES,
    failure_name,
    state_name,
    why_name,
)
from idp.clients.metadata import Kept
from idp.key_rotation.readiness import Readiness
from idp.web.i18n import japan_moment, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

NEVER, LONG_AGO = _("記録にありません"), _("分かりません（方針で決まります）")


def at(moment: datetime | None, language: Language) -> str:
    """Write an instant, or nothing."""
    return japan_moment(moment, language) if moment else ""


def party_row(one: Party, language: Language) -> dict[str, Any]:
    """Give a relying party as a row."""
    return {
        "url": f"/staff/clients/{one.client.client_id}",
        "id": one.client.client_id,
        "name": one.client.name_in(language),
        "source": translate(SOURCES.get(one.client.source, one.client.source), language),
        "method": translate(METHODS[one.client.auth_method], language),
        "used_at": at(one.seen.used_at, language) or translate(NEVER, language),
        "failed": one.seen.failed,
        "more": one.seen.more,
    }


def of_party(
    one: Party, kept: Kept | None, sent: Mapping[str, str] | None, language: Language
) -> dict[str, Any]:
    """Give everything of one relying party; `kept` is what is stored of one that was added."""
    client = one.client
    facts = [
        (_("識別子（client_id）"), client.client_id),
        (_("名前"), client.name),
        (_("英語の名前"), client.name_en),
        (_("登録元"), translate(SOURCES.get(client.source, client.source), language)),
        (_("認証の方法"), translate(METHODS[client.auth_method], language)),
        (_("許可の種類"), " ".join(sorted(client.grant_types))),
        (_("範囲（scope）"), " ".join(sorted(client.scopes | client.resource_scopes))),
        (_("IDトークンの署名"), client.id_token_alg.value),
        (_("アクセストークンの形式"), client.access_token_format.value),
        (_("PKCEが必要"), _yes(client.require_pkce, language)),
        (_("PARが必要"), _yes(client.require_par, language)),
        (_("DPoPが必要"), _yes(client.dpop_bound, language)),
        (_("自社のサービス（同意を省く）"), _yes(client.first_party, language)),
        (_("ログアウトの知らせ先"), client.backchannel_logout_uri or ""),
        (_("公開鍵の場所（jwks_uri）"), client.jwks_uri or ""),
    ]
    return {
        "row": party_row(one, language),
        "facts": [(translate(name, language), value) for name, value in facts if value],
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "failures": [
            (
                failure_name(x.name, language),
                why_name(x.why, language),
                x.count,
                at(x.last_at, language),
            )
            for x in one.seen.failures
        ],
        "has_secret": client.secret_hash is not None,
        "secret_since": at(one.secret_at, language) or translate(LONG_AGO, language),
        "permit_until": at(one.permit.until, language) if one.permit else None,
        "version": kept.version if kept else "",
        "sent": _typed(kept, sent),
    }


def key_row(one: Key, language: Language) -> tuple[str, ...]:
    """Give a key as a row: its id, what it does, since when, what comes next."""
    record = one.record
    coming = translate(NEXT[one.ahead.next], language) if one.ahead.next else ""
    return (
        record.kid,
        record.alg,
        record.use,
        state_name(record.state, language),
        at(one.ahead.since, language),
        f"{coming} {at(one.ahead.not_before, language)}".strip(),
        at(record.announced_at, language),
        at(record.activated_at, language),
        at(record.retiring_at, language),
        at(record.retired_at, language),
        at(record.compromised_at, language),
    )


def ready_row(one: Readiness, language: Language) -> tuple[str, ...]:
    """Give as a row whether a relying party has the key that signs next."""
    return (
        one.client_id,
        one.alg,
        one.kid,
        translate(READY[one.has_key], language),
        at(one.last_fetch, language),
        translate(HOW[one.cause], language) + (f" {one.places}" if one.places else ""),
    )


def _yes(value: bool, language: Language) -> str:
    return translate(_("はい") if value else _("いいえ"), language)


def _typed(kept: Kept | None, sent: Mapping[str, str] | None) -> dict[str, str]:
    """Give what the form of the metadata shows: what was typed, or what is stored."""
    if sent is not None or kept is None:
        return dict(sent or {})
    entry = kept.entry
    return {
        "client_name": entry.client_name,
        "client_name_en": entry.client_name_en or "",
        "redirect_uris": "\n".join(entry.redirect_uris),
        "post_logout_redirect_uris": "\n".join(entry.post_logout_redirect_uris),
        "backchannel_logout_uri": entry.backchannel_logout_uri or "",
        "scope": entry.scope,
        "version": kept.version,
        "reason": "",
    }
