"""A log of a few thousand events on both engines, and a second opinion about every search."""

from __future__ import annotations

import pytest

from idp.assembly.foundation import Foundation
from tests.audit_search.oracle import Log
from tests.stores.conftest import (  # noqa: F401  fixtures
    database,
    empty_url,
    foundation,
    new_url,
    postgres,
    settings,
    url,
)


@pytest.fixture(scope="module")
def log(foundation: Foundation) -> Log:  # noqa: F811
    return Log(foundation)
