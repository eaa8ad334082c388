"""The foundation on SQLite, as the store tests have it."""

from tests.stores.conftest import *  # noqa: F403
