"""The page of a demo that shows the last exchanges of a client and why one failed."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.clients.service import Clients
from idp.exchanges.model import reason
from idp.exchanges.recorder import Exchanges
from idp.exchanges.texts import TEXTS
from idp.journal import store
from idp.storage.sql import Database
from idp.web.pages import Pages

PATH = "/demo/exchanges"
NEWEST = 2**62
MOST_EVENTS = 500
LONGEST_NAME = 200


@dataclass(frozen=True)
class ExchangesPage:
    """Mounted in a demo, and nowhere else."""

    database: Database
    clients: Clients
    exchanges: Exchanges
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        views = Blueprint("exchanges", __name__)
        views.add_url_rule(PATH, view_func=self.show, methods=["GET"])
        return views

    def show(self) -> Response:
        """Show the newest exchanges, of one client when it is named."""
        named = request.args.get("client_id", "")[:LONGEST_NAME] or None
        recorded = self._recorded()
        shown = []
        for exchange in self.exchanges.newest(named):
            client = self.clients.find(exchange.client_id) if exchange.client_id else None
            found = reason(exchange, client, recorded.get(exchange.request_id))
            text = TEXTS.get(found.code, TEXTS["other"]) if found else None
            shown.append({"exchange": exchange, "reason": found, "text": text})
        return self.pages.render(
            "exchanges.html",
            shown=shown,
            named=named,
            known=sorted(client.client_id for client in self.clients.list()),
        )

    def _recorded(self) -> dict[str, str]:
        """Give what the audit log knows of refusals, by request id."""
        found: dict[str, str] = {}
        with self.database.read() as tx:
            for name in ("token.refused", "code.replayed", "refresh.replayed"):
                for _position, line in store.search(tx, NEWEST, MOST_EVENTS, name=name):
                    event = json.loads(line)
                    why = (event.get("data") or {}).get("why")
                    found[event.get("request_id") or ""] = why or "replayed"
        found.pop("", None)
        return found
