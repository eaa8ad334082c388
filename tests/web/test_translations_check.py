from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError

from idp.web.i18n import CATALOG, read_catalog
from idp.web.translations_check import (
    PACKAGE,
    UnreadableError,
    faults,
    messages_in,
)


def _check(folder: Path, catalog: str) -> list[str]:
    po = folder / "en.po"
    po.write_text(catalog, encoding="utf-8")
    return list(faults(messages_in(folder), read_catalog(folder)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text('{{ _("はい%(n)s", n=1) }}', encoding="utf-8")
    (tmp_path / "words.py").write_text('A = mark("いいえ")\nB = _("も" "う")\n', encoding="utf-8")
    return tmp_path


GOOD = """
msgid "はい%(n)s"
msgstr "Yes %(n)s"

msgid "いいえ"
msgstr "No"

msgid "もう"
msgstr "Already"
"""


def test_a_complete_catalog_has_no_faults(folder: Path) -> None:
    assert _check(folder, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgid "いいえ"\nmsgstr "No"\n', "", "no English for 'いいえ'"),
        ('"No"', '""', "no English for 'いいえ'"),
        ('msgid "いいえ"', '#, fuzzy\nmsgid "いいえ"', "fuzzy"),
        ("Yes %(n)s", "Yes", "other placeholders"),
        ('"No"', '"いいえ"', "contains Japanese"),
        ("\nmsgid", '\nmsgid "古い"\nmsgstr "Old"\n\nmsgid', "nobody uses '古い'"),
    ],
)
def test_each_fault_is_named(folder: Path, old: str, new: str, fault: str) -> None:
    found = _check(folder, GOOD.replace(old, new, 1))
    assert len(found) == 1
    assert fault in found[0]


def test_a_broken_source_is_named(folder: Path) -> None:
    (folder / "broken.html").write_text("{% if %}", encoding="utf-8")
    with pytest.raises(UnreadableError, match=r"broken\.html"):
        messages_in(folder)


def test_a_broken_catalog_is_refused(folder: Path) -> None:
    with pytest.raises(PoFileError):
        _check(folder, 'msgid "a"\nnonsense "b"\n')


def test_our_own_pages_are_complete() -> None:
    catalog = read_catalog(CATALOG)
    mine = messages_in(PACKAGE / "web")
    assert len(mine) > 100
    assert [f for f in faults(mine, catalog) if "nobody uses" not in f] == []
