"""The core system's export, imported again with some facts changed, as clerks do it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from demo.people import MEMBERS
from demo.register import register_csv
from tests.support.demo import Demo

PAID = "出資金入金日"
WITHDRAWN = "脱退届受理日"
REFUND_PLANNED = "返還予定日"
REFUNDED = "出資金返還日"
MAIL = "メールアドレス"


@dataclass
class CoreSystem:
    """The register as it was on the day the demo began, and what was changed in it since."""

    demo: Demo
    began_on: date
    folder: Path
    changed: dict[str, dict[str, str]] = field(default_factory=dict)

    def change(self, number: str, **facts: str) -> None:
        """Change facts of one member and import the whole register again."""
        self.changed.setdefault(number, {}).update(facts)
        lines = list(csv.reader(io.StringIO(register_csv(self.began_on).decode("utf-8-sig"))))
        titles = lines[0]
        for line in lines[1:]:
            for title, fact in self.changed.get(line[0], {}).items():
                line[titles.index(title)] = fact
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        file = self.folder / "register.csv"
        file.write_text(text.getvalue(), "utf-8")
        done = self.demo.idp("member", "import", str(file), "--apply")
        assert done.returncode == 0, done.stdout + done.stderr


def member_since_long(demo: Demo, index: int) -> dict[str, str]:
    """Give a member who had paid in before 2017, when these stories begin."""
    later = {person.number for person in MEMBERS if person.capital_paid_on >= "2017"} - {
        person.number for person in MEMBERS if not person.capital_paid_on[:1].isdigit()
    }
    able = [m for m in demo.facts["members"] if m["standing"] == "member" and m["password"]]
    return dict([m for m in able if m["number"] not in later][index])
