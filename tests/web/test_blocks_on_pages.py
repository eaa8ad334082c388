"""What pages say of blocks: one way out, each thing said once, and nothing to strangers."""

from __future__ import annotations

import pytest

from idp.blocks.model import Block
from idp.blocks.words import sentences, told, told_later
from idp.web.organisation import Language

from .block_stories import (
    BY_PERSON,
    HUNDRED,
    NOW,
    OWN,
    STRANGERS,
    STRANGERS_APP,
    YESTERDAY,
)
from .stories import make_app

BUTTON = '<a class="button" href="/recover">'
QUIET = '<button class="quiet" type="submit">ログイン</button>'


def show(name: str) -> str:
    return make_app().test_client().get(f"/story/{name}?lang=ja").text


@pytest.mark.parametrize("name", ["own", "all-three", "everyone"])
def test_who_is_stopped_has_one_way_out(name: str) -> None:
    page = show(f"sign-in-blocked-{name}")
    assert page.count(BUTTON) == 1
    assert page.count(QUIET) == 1, "trying again is not what helps"
    assert "aria-invalid" not in page, "what was typed was not looked at"


def test_a_block_of_a_person_offers_no_way_that_does_not_lead_out() -> None:
    page = show("sign-in-blocked-by-person")
    assert BUTTON not in page
    assert "お電話でお問い合わせください。" in page


def test_guessing_strangers_are_told_apart_from_one_s_own_mistake() -> None:
    page = show("sign-in-blocked-strangers")
    assert page.index('id="sign-in-error"') < page.index("ABCD2345") < page.index('id="blocks"')
    assert QUIET not in page
    for name in ("sign-in", "sign-in-failed", "account"):
        assert 'id="blocks"' not in show(name)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_is_said_twice(language: str) -> None:
    chosen: Language = "en" if language == "en" else "ja"
    for shown in (
        told((STRANGERS, OWN, STRANGERS_APP), chosen),
        told_later((STRANGERS_APP, STRANGERS), chosen, NOW),
        told_later((YESTERDAY, OWN), chosen, NOW),
    ):
        said = [sentence for one in shown for sentence in one.sentences]
        assert len(said) == len(set(said))
        assert all(one.sentences for one in shown)
        assert [one.stops for one in shown] == sorted((o.stops for o in shown), reverse=True)


def test_what_stops_the_reader_keeps_all_its_sentences() -> None:
    shown = told((STRANGERS, OWN), "ja")
    assert shown[0].sentences == sentences(OWN, "ja")
    assert shown[1].sentences == sentences(STRANGERS, "ja")[:2]


def test_a_block_that_is_over_says_since_when_it_ran() -> None:
    (shown,) = told_later((YESTERDAY,), "ja", NOW)
    assert "2026年7月30日（木）11:00（日本時間）から" in shown.sentences[1]
    assert not shown.reset


@pytest.mark.parametrize(("block", "reset", "here"), [
    (OWN, True, True), (HUNDRED, True, False), (BY_PERSON, False, False),
])  # fmt: skip
def test_the_way_out_fits_the_block(block: Block, reset: bool, here: bool) -> None:
    (shown,) = told((block,), "ja")
    assert (shown.stops, shown.reset, shown.here) == (True, reset, here)
