"""A snapshot of the ring with its keys opened: what signs, what is published, what verifies.

Every key in it was proven: the wrap is bound to the kid, the kid is the thumbprint of the public
part, and the private part has that public part. So whoever can write to the store but lacks the
master key cannot smuggle a key of their own into the JWK set. They can move dates and states, and
put back an older ring as a whole; the audit log shows that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from keys.algorithms import PrivateKey, get_algorithm, public_jwk, thumbprint
from keys.errors import DamagedHome, DamagedSecret, NoActiveKey, WrongMasterKey
from keys.jwks import document
from keys.master import MasterKeys
from keys.public import PublicKeys, own_public_keys
from keys.record import KeyRecord, KeyState


@dataclass(frozen=True)
class SigningKey:
    """An opened private key, bound to one algorithm."""

    kid: str
    alg: str
    _private: PrivateKey = field(repr=False, compare=False)

    def sign(self, message: bytes) -> bytes:
        """Sign as JWS wants it (RFC 7518 3; RFC 8037 3.1)."""
        return get_algorithm(self.alg).sign(self._private, message)


@dataclass(frozen=True)
class KeySet:
    """The keys of one version of the ring. Immutable: keep it for as long as one act lasts."""

    version: int
    records: tuple[KeyRecord, ...]
    jwks: bytes
    public: PublicKeys
    _active: Mapping[str, SigningKey]

    @property
    def algs(self) -> tuple[str, ...]:
        """The algorithms that can sign now."""
        return tuple(sorted(self._active))

    @property
    def kids(self) -> tuple[str, ...]:
        """The ids of the published keys."""
        return tuple(sorted(key.kid for key in self.public.keys if key.kid is not None))

    def active(self, alg: str) -> SigningKey:
        """Give the one key that signs with this algorithm; raise NoActiveKey."""
        try:
            return self._active[alg]
        except KeyError:
            raise NoActiveKey(alg) from None


def build_keyset(
    version: int, records: Iterable[KeyRecord], opened: Mapping[str, SigningKey]
) -> KeySet:
    """Put a snapshot together; `opened` holds the opened key of every record that has one."""
    ring = tuple(records)
    active = {r.alg: opened[r.kid] for r in ring if r.state is KeyState.ACTIVE}
    published = [r for r in ring if r.kid in opened]
    return KeySet(version, ring, document(published), own_public_keys(published), active)


def seal_private(key: PrivateKey, kid: str, master: MasterKeys) -> str:
    """Wrap a private key so that it opens under this kid only."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return master.wrap(der, f"signing-key:{kid}")


def open_record(record: KeyRecord, master: MasterKeys) -> SigningKey:
    """Open and prove a key; raise WrongMasterKey, DamagedSecret, DamagedHome naming the key.

    Slow for RSA (about 40 ms): once per key and process.
    """
    if record.wrapped_private is None:
        raise DamagedHome(f"the key {record.kid} is {record.state} but has no private part")
    algorithm = get_algorithm(record.alg)
    try:
        der = master.unwrap(record.wrapped_private, f"signing-key:{record.kid}")
    except (WrongMasterKey, DamagedSecret) as error:
        raise type(error)(f"signing key {record.kid}: {error}") from None
    try:
        key = load_der_private_key(der, password=None)
    except ValueError:
        raise DamagedHome(f"the key {record.kid} holds something that is no key") from None
    if not algorithm.fits(key):
        raise DamagedHome(f"the key {record.kid} does not fit {record.alg}")
    # Checked by `fits`; the loader's type covers every kind of key there is.
    proven = public_jwk(key)  # type: ignore[arg-type]
    if proven != dict(record.public_jwk) or thumbprint(proven) != record.kid:
        raise DamagedHome(f"the key {record.kid} has a public part that is not its own")
    return SigningKey(record.kid, record.alg, key)  # type: ignore[arg-type]
