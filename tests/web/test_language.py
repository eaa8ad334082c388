from datetime import UTC, date, datetime

import pytest

from idp.web.i18n import japan_moment, japan_time, long_date, mark, translate
from idp.web.language import choose_language


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "ja"),
        ("", "ja"),
        ("ja-JP", "ja"),  # the libraries answer "en" here when en is listed first
        ("ja-JP,en;q=0.9", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("en;q=0.5,ja;q=0.7", "ja"),
        ("EN-gb", "en"),
        ("fr,en;q=0.4", "en"),
        ("fr,de", "ja"),
        ("jav", "ja"),  # Javanese is not Japanese; it falls to the default
        ("jav,en", "en"),
        ("en;q=0", "ja"),
        ("en;q=0.5,*;q=0.9", "ja"),
        ("en;q=nan", "ja"),
        ("en;q=2", "ja"),
        ("en;level=1", "ja"),
        ("en, ja", "en"),
        (";;;,,,", "ja"),
        ("x" * 100_000 + ",en", "ja"),
        ("\x00en", "ja"),
    ],
)
def test_accept_language(header: str | None, expected: str) -> None:
    assert choose_language(None, None, None, header) == expected


def test_the_readers_own_word_stands_first() -> None:
    assert choose_language("en", "ja", "ja", "ja") == "en"
    assert choose_language(None, "en", "ja", "ja") == "en"
    assert choose_language(None, None, "fr-CA en-GB ja", "ja") == "en"
    assert choose_language(None, None, "fr", "en") == "en"
    assert choose_language("xx", "yy", None, "en") == "en"


def test_dates_and_times_name_tokyo() -> None:
    day = date(2026, 7, 31)
    assert long_date(day, "ja") == "2026年7月31日（金）"
    assert long_date(day, "en") == "Friday, 31 July 2026"
    before, after = (datetime(2026, 7, 31, hour, 59, tzinfo=UTC) for hour in (14, 15))
    assert japan_time(before, "ja") == "23:59（日本時間）"
    assert japan_moment(before, "ja") == "2026年7月31日（金）23:59（日本時間）"
    assert japan_moment(after, "en") == "Saturday, 1 August 2026, 00:59 (Japan time)"
    with pytest.raises(ValueError, match="naive"):
        japan_time(datetime(2026, 7, 31), "ja")  # noqa: DTZ001 (the point of the test)


def test_messages_are_translated() -> None:
    assert translate(mark("ログイン"), "ja") == "ログイン"
    assert translate(mark("ログイン"), "en") == "Sign in"
