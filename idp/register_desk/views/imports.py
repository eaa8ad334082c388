"""`/staff/register/import`: a file is sent, compared, looked at, handed over, and followed.

A page that waits for the worker loads itself anew; nothing is applied by looking at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.approvals.model import Waits
from idp.policy.staff import Permission
from idp.register_desk.file_model import FileRefused, FileState, RegisterFile
from idp.register_desk.import_act import COUNTS, ImportAct
from idp.register_desk.importing import Imports
from idp.register_desk.planning import BATCH
from idp.register_desk.views.advice import advice_for
from idp.register_desk.views.desk import NO_REASON, Desk, page_of, reason_of
from idp.register_desk.words import FIELDS, FILES, WHY
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _
from idp.web.uploads import Upload

PAGE: Final = "/staff/register/import"
ONE: Final = f"{PAGE}/<file>"
CHANGE: Final = Permission.REGISTER_CHANGE
REFRESH: Final = 5
"""Seconds after which a page that waits for the worker is asked for again."""
REFUSALS: Final = 100
SAMPLE: Final = 100
NO_FILE: Final = _("名簿のファイル（CSV）を選んでください。")
EMPTY: Final = _("ファイルに中身がありません。書き出しからやり直してください。")
GONE: Final = _("このファイルは、ほかの操作で先に進みました。いまの状態を確かめてください。")


@dataclass(frozen=True)
class ImportPages:
    """Mounts and serves the import."""

    desk: Desk
    imports: Imports
    act: ImportAct

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("register_import")
        room.page(PAGE, self.show, needs=CHANGE)
        room.upload(PAGE, self.upload, needs=CHANGE, most=self._most, recent=None)
        room.page(ONE, self.one, needs=CHANGE)
        room.act(
            ONE, self.send, needs=CHANGE, recent=ONE, called=_("ファイルの内容を名簿に取り込む")
        )
        room.act(f"{ONE}/drop", self.drop, needs=CHANGE)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the form, and the latest files."""
        return self._list(acting)

    def upload(self, acting: Acting, upload: Upload | None) -> Response:
        """Take a file, and lead to its preview."""
        if upload is None or not upload.data:
            wrong = NO_FILE if upload is None or upload.data is None else EMPTY
            return self._list(acting, 400, wrong=wrong)
        file = self.imports.upload(
            upload.data,
            acting.staff_id,
            self.desk.actor(acting, CHANGE),
            self.desk.console.origin(),
            session=acting.session.id,
        )
        return redirect(f"{PAGE}/{file.id}", 303)

    def one(self, acting: Acting, file: str) -> Response:
        """Show where a file stands, and what it would change."""
        return self._one(acting, self.imports.find(file))

    def send(self, acting: Acting, file: str) -> Response:
        """Hand a file over: to a second person, or to the worker."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500, "sha256": 64})
        found, reason = self.imports.find(file), reason_of(sent["reason"])
        if reason is None:
            return self._one(acting, found, 400, wrong=NO_REASON)
        parameters = {"file": found.id, "sha256": sent["sha256"]}
        try:
            with self.imports.database.together():
                submitted = self.desk.submit(self.act, parameters, acting, reason)
                if isinstance(submitted, Waits):
                    self.imports.wait(found.id, submitted.approval, submitted.expires_at)
        except FileRefused:
            return self._one(acting, self.imports.find(file), 409, over=GONE)
        return redirect(f"{PAGE}/{found.id}", 303)

    def drop(self, acting: Acting, file: str) -> Response:
        """Take a file back before anybody was asked about it."""
        read_form(request, {"csrf_token": 64})
        found = self.imports.find(file)
        if not self.imports.take_back(
            found.id, self.desk.actor(acting, CHANGE), self.desk.behind(acting)
        ):
            return self._one(acting, self.imports.find(file), 409, over=GONE)
        return redirect(f"{PAGE}/{found.id}", 303)

    def _most(self) -> int:
        return self.desk.console.policy.policy.register.file_bytes

    def _list(self, acting: Acting, status: int = 200, *, wrong: str | None = None) -> Response:
        files = [
            {
                "url": f"{PAGE}/{one.id}",
                "at": one.uploaded_at,
                "state": self.desk.say(FILES[one.state]),
                "changes": one.changes,
                "unchanged": one.unchanged,
            }
            for one in self.imports.latest()
        ]
        waits = self.desk.console.policy.policy.register.file_waits
        return self.desk.render(
            acting,
            "import",
            status,
            here=PAGE,
            files=files,
            wrong=wrong,
            megabytes=self._most() // 1_000_000,
            hours=waits.seconds // 3600,
        )

    def _one(
        self,
        acting: Acting,
        file: RegisterFile,
        status: int = 200,
        *,
        wrong: str | None = None,
        over: str | None = None,
    ) -> Response:
        say = self.desk.say
        report = self.imports.report(file.id)
        page = page_of(request.args.get("page", "")) if request.method == "GET" else 1
        lines = report.refusals[(page - 1) * REFUSALS : page * REFUSALS]
        here = f"{PAGE}/{file.id}"
        values: dict[str, Any] = {
            "file": file,
            "state": file.state.value,
            "state_said": say(FILES[file.state]),
            "why": say(WHY[file.why]) if file.why else None,
            "counts": [(say(what), getattr(file, name)) for name, what in COUNTS],
            "progress": min(file.lines, file.done * BATCH),
            "refusals": [
                (one.line, one.column or "", say(advice_for(one.column)), one.reason)
                for one in lines
            ],
            "newer": f"{here}?page={page - 1}" if page > 1 else None,
            "older": f"{here}?page={page + 1}" if len(report.refusals) > page * REFUSALS else None,
            "sample": [
                (one.number, self._fields(one.what), one.leaving) for one in report.shown[:SAMPLE]
            ],
            "works": file.state in (FileState.READING, FileState.ACCEPTED),
            "second": self._second(file),
            "wrong": wrong,
            "over": over,
        }
        response = self.desk.render(acting, "import_file", status, here=here, **values)
        if values["works"]:
            response.headers["Refresh"] = str(REFRESH)
        return response

    def _second(self, file: RegisterFile) -> bool:
        """Tell whether a second person will be asked, as far as this file alone decides it."""
        rule = self.desk.console.policy.policy.approvals.for_kind(self.act.kind)
        return rule is not None and file.changes >= rule.from_count

    def _fields(self, what: str) -> str:
        names = [self.desk.say(FIELDS[one]) if one in FIELDS else one for one in what.split(", ")]
        return "、".join(names) if self.desk.console.pages.language() == "ja" else ", ".join(names)
