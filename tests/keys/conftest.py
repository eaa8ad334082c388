"""What the tests of `keys` share: master keys, a moment, and a ring with every state in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keys.folder import FolderHome
from keys.master import MasterKeys
from keys.ring import RotationRules
from keys.vault import Vault

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def master() -> MasterKeys:
    return MasterKeys.parse(MasterKeys.generate_text().encode())


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture
def rules() -> RotationRules:
    return RotationRules(("ES256", "Ed25519"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def vault(folder: Path, master: MasterKeys, rules: RotationRules, now: datetime) -> Vault:
    """A vault whose ring has an announced, two active and one retiring key."""
    vault = Vault(FolderHome(folder), master)
    vault.rotate(now, rules)
    vault.rotate(now + timedelta(days=89, hours=1), rules)
    vault.rotate(now + timedelta(days=90, hours=2), rules)
    return vault
