"""Members by the file: a register and the accounts of an older portal, imported by two commands."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher

from tests.flows.test_broken_lines import HEADER, MAIL, a_row, written
from tests.support.demo import Demo

PASSWORD = "kaba no hirune 5 mikan"
FIRST = 60_000_000


@dataclass(frozen=True)
class Person:
    """A member with an account."""

    number: str
    email: str
    password: str = PASSWORD

    @property
    def member(self) -> dict[str, str]:
        """Give the facts as a demo lists them."""
        return {"number": self.number, "email": self.email, "password": self.password}


def settle(demo: Demo, count: int) -> list[Person]:
    """Import so many members, and an account for each with one known password."""
    people = [
        Person(f"{FIRST + i}", f"kirin.{i}@mihon.example") for i in range(count)
    ]  # "kirin" has letters that look like others: k, i
    rows = [a_row(int(person.number)) for person in people]
    for row in rows:
        row[MAIL] = ""
    register = demo.data / "attacked-register.csv"
    register.write_text(HEADER + "\r\n" + written(rows), "utf-8")
    done = demo.idp("member", "import", str(register), "--apply")
    assert done.returncode == 0, done.stdout + done.stderr
    kept = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD)
    accounts = demo.data / "attacked-accounts.csv"
    lines = [f'{person.number},{person.email},"{kept}"' for person in people]
    accounts.write_text("\r\n".join(["member_number,address,hash", *lines]) + "\r\n", "utf-8")
    done = demo.idp("account", "import-legacy", str(accounts), "--apply")
    assert done.returncode == 0, done.stdout + done.stderr
    return people
