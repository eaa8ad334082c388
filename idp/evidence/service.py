"""Makes an evidence pack: seal, verify, gather, draw, write, and record that it was made.

The same log and the same finished period give the same files, but for those of the present state.
Killed at any point the folder does not verify; an event that it was begun stands in the log then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.event import Actor
from audit.evidence import REPORT, Evidence
from audit.evidence_writer import prepare_folder, write_evidence
from audit.names import EventName
from idp.clock import from_micros
from idp.evidence import (
    alerts,
    as_of,
    blocks,
    controls,
    integrity,
    inventory,
    keyring,
    looks,
    passwords,
    people,
    policies,
    roles,
    store,
)
from idp.evidence.as_of import Present
from idp.evidence.document import Chapter, Cover, Report, moment, number
from idp.evidence.drawing import draw
from idp.evidence.model import Figures, text_of
from idp.evidence.period import Period
from idp.evidence.proof import LogProof, Proof
from idp.evidence.source import Source, read_source
from idp.invitations.letter_pdf import find_font
from idp.journal.export import Exporter

TITLE = "情報セキュリティ監査のための資料"
FORM = "evidence"
Progress = Callable[[str, int, int], None]
_Making = tuple[str, Callable[[], Figures], Callable[[Figures, Source], Chapter]]


@dataclass(frozen=True, slots=True)
class Made:
    """What was made."""

    period: str
    finished: bool
    events: int
    """Events of the period that the figures rest on."""
    rows: int
    """Rows that were taken out with the pack."""
    problem: str | None
    """What the verifier found wrong with the log; None when it holds."""


@dataclass(frozen=True)
class EvidencePacks:
    """Makes evidence packs."""

    exporter: Exporter
    present: Present
    organisation: str

    def make(
        self,
        period: Period,
        folder: Path,
        actor: Actor,
        *,
        font: Path | None = None,
        progress: Progress = lambda _what, _done, _of: None,
    ) -> Made:
        """Make one in a folder that is new or empty.

        Raises `audit.pack.PackError` for one that is not, `FontMissing`, `NotSealed`.
        """
        e, file = self.exporter, find_font(font)
        prepare_folder(folder)
        begun = self._record(actor, {"state": "began", "period": period.name})
        rows, whole = 0, False
        try:
            size, now = e.sealed_through(begun), e.clock.now()
            source = read_source(e.database, period, now)
            proof = LogProof(e.database, e.key.public_key(), e.sealer.origin, size).run(
                source.extent, lambda done, of: progress("verify", done, of)
            )
            with e.database.read() as tx:
                closing = store.closing_note(tx, source.extent)
            chapters, figures = self._chapters(source, proof, closing, progress)
            figures[as_of.FILE] = self.present.figures(size, now)
            rows = sum(count_rows(one) for one in figures.values())
            evidence = self._evidence(source, closing)
            documents = {name: _json(source, one) for name, one in sorted(figures.items())}
            progress("draw", 0, 1)
            documents[REPORT] = draw(self._report(source, chapters, figures), file)
            documents[as_of.REPORT] = draw(self._supplement(source, figures, now), file)
            write_evidence(folder, documents, evidence, e.key)
            whole = True
        finally:
            state = "finished" if whole else "cut"
            ended = {"state": state, "export": begun, "count": rows, "period": period.name}
            self._record(actor, ended)
        return Made(period.name, source.finished, source.extent.bodies, rows, proof.problem)

    def _record(self, actor: Actor, data: Mapping[str, Any]) -> str:
        e = self.exporter
        with e.database.begin() as tx:
            about = {"form": FORM, **data}
            return e.journal.record(
                tx, EventName.AUDIT_EXPORTED, e.clock.now(), actor=actor, data=about
            )

    def _chapters(
        self, source: Source, proof: Proof, closing: str | None, progress: Progress
    ) -> tuple[list[Chapter], dict[str, Figures]]:
        e = self.exporter
        made: tuple[_Making, ...] = (
            (controls.FILE, controls.figures, lambda found, _: controls.chapter(found)),
            (roles.FILE, lambda: roles.figures(source), roles.chapter),
            (people.FILE, lambda: people.figures(source), people.chapter),
            (blocks.FILE, lambda: blocks.figures(source), blocks.chapter),
            (passwords.FILE, lambda: passwords.figures(source), passwords.chapter),
            (policies.FILE, lambda: policies.figures(source), policies.chapter),
            (
                keyring.FILE,
                lambda: keyring.figures(source, e.key.public_key(), e.sealer.origin),
                keyring.chapter,
            ),
            (
                integrity.FILE,
                lambda: integrity.figures(source, proof, closing),
                integrity.chapter,
            ),
            (inventory.FILE, lambda: inventory.figures(source), inventory.chapter),
            (alerts.FILE, lambda: alerts.figures(source), alerts.chapter),
            (alerts.CLOCK_FILE, lambda: alerts.clock_figures(source), alerts.clock_chapter),
            (looks.FILE, lambda: looks.figures(source), looks.chapter),
        )
        chapters: list[Chapter] = []
        figures: dict[str, Figures] = {}
        for done, (name, gather, write) in enumerate(made):
            progress("figures", done, len(made))
            figures[name] = gather()
            chapters.append(write(figures[name], source))
        progress("figures", len(made), len(made))
        return chapters, figures

    def _evidence(self, source: Source, closing: str | None) -> Evidence:
        return Evidence(
            origin=self.exporter.sealer.origin,
            period=source.period.name,
            begin=source.period.begin,
            end=source.period.end,
            finished=source.finished,
            checkpoint=closing,
            keys=(),
            files={},
        )

    def _report(
        self, source: Source, chapters: list[Chapter], figures: dict[str, Figures]
    ) -> Report:
        found, key = figures[integrity.FILE], figures[keyring.FILE]["audit_key"]
        closing, verified = found["closing_checkpoint"], found["verified"]
        lines = (
            *_period_lines(source),
            ("監査ログの名前", key["origin"]),
            ("期間の出来事", number(source.extent.bodies)),
            (
                "期間を閉じる検証点",
                f"{number(closing['size'])} 件、{moment(closing['at'])}" if closing else "—",
            ),
            (
                "監査ログの検証",
                "問題は見つかりませんでした" if verified["holds"] else "問題が見つかりました",
            ),
            ("署名する鍵の指紋", key["fingerprint"]),
        )
        return Report(self._cover(TITLE, source, lines, _end(source)), tuple(chapters))

    def _supplement(self, source: Source, figures: dict[str, Figures], now: datetime) -> Report:
        lines = (*_period_lines(source), ("調べた日時", moment(text_of(now))))
        cover = self._cover(f"{TITLE}　補足", source, lines, now)
        return Report(cover, (as_of.chapter(figures[as_of.FILE]),))

    def _cover(
        self, title: str, source: Source, lines: tuple[tuple[str, str], ...], at: datetime
    ) -> Cover:
        unfinished = () if source.finished else (_UNFINISHED,)
        return Cover(title, self.organisation, lines, (*unfinished, *_NOTES), at)


_UNFINISHED = "この期間はまだ終わっていません。数値は、作成したときまでのものです。"
_NOTES = (
    "この資料は、監査をする方の判断の材料です。規格の要求が満たされているかどうかを述べるものではありません。",
    "日時は、ことわりのないかぎり日本時間です。組合員の氏名・番号・メールアドレスは含まれていません。"
    "職員の氏名は、役割と操作を示すために必要な範囲で含まれています。取り扱いにご注意ください。",
    "この資料に変更がないことは、配布している検証プログラムで確かめられます: "
    "python3 audit.pyz verify フォルダ --key auditor.pub",
)


def _period_lines(source: Source) -> tuple[tuple[str, str], ...]:
    p = source.period
    days = f"{p.first:%Y-%m-%d} から {p.last:%Y-%m-%d} まで（{p.days:,} 日間、日本時間）"
    state = "終わった期間" if source.finished else f"途中（{moment(text_of(_end(source)))} まで）"
    return (("期間", f"{p.name}\n{days}"), ("期間の状態", state))


def _end(source: Source) -> datetime:
    """Give the end of what was counted: a date of the content, the same whenever it is made."""
    return from_micros(source.extent.end)


def _json(source: Source, figures: Figures) -> bytes:
    p = source.period
    about = {
        "name": p.name,
        "from": text_of(p.begin),
        "to": text_of(_end(source)),
        "finished": source.finished,
    }
    content = {"period": about, "figures": figures}
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def count_rows(figures: Any) -> int:
    """Count the objects that stand in lists."""
    if isinstance(figures, Mapping):
        return sum(count_rows(value) for value in figures.values())
    if isinstance(figures, list):
        return sum(isinstance(one, Mapping) for one in figures) + sum(
            count_rows(one) for one in figures
        )
    return 0
