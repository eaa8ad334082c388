"""What the vault makes and believes: names, wraps, tampered rows (keys.vault, keys.keyset)."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from keys_memory_home import CountingHome

from keys.algorithms import get_algorithm, public_jwk, thumbprint
from keys.encoding import encode
from keys.errors import (
    DamagedHome,
    DamagedSecret,
    UnsupportedAlgorithm,
    WrongMasterKey,
)
from keys.folder import FolderHome
from keys.keyset import seal_private
from keys.master import MasterKeys
from keys.record import KeyRecord, KeyState
from keys.ring import RotationRules
from keys.vault import Stored, Vault

REFUSALS = (DamagedHome, DamagedSecret, WrongMasterKey, UnsupportedAlgorithm)


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "Ed25519"])
def test_a_generated_key_is_named_by_its_thumbprint(
    alg: str, now: datetime, master: MasterKeys
) -> None:
    record = Vault(CountingHome(), master).generate(alg, now)
    assert (record.state, record.alg, record.use) == (KeyState.ANNOUNCED, alg, "sig")
    assert record.kid == thumbprint(record.public_jwk)
    assert not {"d", "p", "q", "dp", "dq", "qi"} & record.public_jwk.keys()
    assert record.wrapped_private
    assert record.wrapped_private not in repr(record)


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPe"
        "bWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY36"
        "8QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4l"
        "Fd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    jwk = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_unknown_algorithms_are_refused(now: datetime, master: MasterKeys) -> None:
    for alg in ("HS256", "none", "", "es256"):
        with pytest.raises(UnsupportedAlgorithm):
            Vault(CountingHome(), master).generate(alg, now)


def test_a_wrong_master_key_stops_everything_before_anything_is_stored(
    vault: Vault, folder: Path, now: datetime, rules: RotationRules
) -> None:
    before = (folder / "ring.json").read_bytes()
    foreign = Vault(FolderHome(folder), MasterKeys.parse(MasterKeys.generate_text().encode()))
    with pytest.raises(WrongMasterKey, match="signing key"):
        foreign.snapshot()
    with pytest.raises(WrongMasterKey):
        foreign.rotate(now + timedelta(days=400), rules)
    with pytest.raises(WrongMasterKey):
        foreign.prepare_rewrap()
    assert (folder / "ring.json").read_bytes() == before


def _tampered(record: KeyRecord, other: KeyRecord, foreign: KeyRecord) -> list[KeyRecord]:
    return [
        replace(record, public_jwk=foreign.public_jwk),
        replace(record, public_jwk=foreign.public_jwk, kid=foreign.kid),
        replace(record, kid=foreign.kid),
        foreign,
        replace(record, wrapped_private=other.wrapped_private),
        replace(record, wrapped_private=None),
        replace(record, public_jwk={}),
        replace(record, alg=other.alg),
        replace(record, alg="HS256"),
    ]


def test_no_row_smuggled_into_the_store_reaches_the_key_set(
    now: datetime, rules: RotationRules, master: MasterKeys
) -> None:
    home = CountingHome()
    vault = Vault(home, master)
    vault.rotate(now, rules)
    record, other = home.stored.records
    good = vault.snapshot()
    stranger = MasterKeys.parse(f"{master.current_id} {encode(bytes(range(32)))}".encode())
    foreign = Vault(CountingHome(), stranger).generate(record.alg, now)
    foreign = replace(foreign, state=KeyState.ACTIVE, activated_at=now)
    for number, bad in enumerate(_tampered(record, other, foreign), start=10):
        home.stored = Stored(number, (bad,))
        for reader in (vault, Vault(home, master)):
            with pytest.raises(REFUSALS):
                reader.refresh()
        assert vault.snapshot() is good


def test_a_damaged_key_can_be_given_up(
    now: datetime, rules: RotationRules, master: MasterKeys
) -> None:
    home = CountingHome()
    Vault(home, master).rotate(now, rules)
    first, *rest = home.stored.records
    home.stored = Stored(7, (replace(first, wrapped_private="v1.broken"), *rest))
    vault = Vault(home, master)
    with pytest.raises(DamagedSecret, match=first.kid):
        vault.snapshot()
    keyset = vault.commit(vault.prepare(now, rules, compromised=[first.kid]))
    assert keyset.algs == ("ES256", "Ed25519")


def test_no_private_part_in_any_repr(vault: Vault) -> None:
    keyset = vault.snapshot()
    text = repr(keyset) + repr(keyset.active("ES256")) + repr(keyset.records)
    for record in keyset.records:
        assert record.wrapped_private
        assert record.wrapped_private not in text
    assert "PrivateKey" not in text


def test_a_wrap_that_holds_no_key_is_named(vault: Vault, folder: Path, master: MasterKeys) -> None:
    home = FolderHome(folder)
    version, (first, *rest) = home.load()
    wrapped = master.wrap(b"not a key", f"signing-key:{first.kid}")
    home.replace_all(version, [replace(first, wrapped_private=wrapped), *rest])
    with pytest.raises(DamagedHome, match=first.kid):
        Vault(home, master).snapshot()


def test_a_key_of_another_kind_under_the_right_wrap_is_refused(
    now: datetime, master: MasterKeys
) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    home, key = CountingHome(), Ed25519PrivateKey.generate()
    record = Vault(home, master).generate("ES256", now)
    kid = thumbprint(public_jwk(key))
    swapped = replace(
        record,
        kid=kid,
        public_jwk=public_jwk(key),
        wrapped_private=seal_private(key, kid, master),
    )
    home.stored = Stored(1, (swapped,))
    with pytest.raises(DamagedHome, match="does not fit"):
        Vault(home, master).snapshot()


def test_a_key_id_that_is_not_the_thumbprint_is_refused(now: datetime, master: MasterKeys) -> None:
    home, key = CountingHome(), get_algorithm("ES256").generate()
    record = Vault(home, master).generate("ES256", now)
    chosen = replace(
        record,
        kid="chosen",
        public_jwk=public_jwk(key),
        wrapped_private=seal_private(key, "chosen", master),
    )
    home.stored = Stored(1, (chosen,))
    with pytest.raises(DamagedHome, match="not its own"):
        Vault(home, master).snapshot()
