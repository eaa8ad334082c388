"""A corpus of tokens that no receiver may believe, grown from one genuine token.

Nobody has the receiver's key here but where `key` is given: then the signature is right and
something else is wrong. Each class is named after the attack; the rest of a corpus are genuine
tokens with a random fault in them, drawn from a seed so that a failure can be repeated.
"""

from __future__ import annotations

import base64
import itertools
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from joserfc.jwk import ECKey

from tests.attacks.hostile_damage import ALPHABET, damaged
from tests.attacks.hostile_signing import Sign, b64, es256, fixed, mac, public_forms, signed

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ALGORITHMS = [
    *("".join(case) for case in itertools.product("nN", "oO", "nN", "eE")),
    *("", " ES256", "ES256 ", "es256", "Es256", "ES-256", "ES256\0", "ES256K", "ES384", "ES512"),
    *("RS1", "RS256", "RS512", "PS256", "PS512", "EdDSA", "Ed25519", "Ed448", "dir", "A128KW"),
    *("HS256", "HS384", "HS512", "hs256", "RSA-OAEP", "PBES2-HS256+A128KW", "ECDH-ES", "null"),
]
NOT_NAMES: list[Any] = [None, True, False, 0, 1, -1, 1.5, [], ["ES256"], {}, {"alg": "ES256"}]
KIDS: list[Any] = [
    *("../../../../dev/null", "/etc/passwd", "file:///dev/null", "\\\\host\\share", "k" * 513),
    *(
        "x' UNION SELECT 'key",
        "' OR '1'='1",
        '"; DROP TABLE signing_key; --',
        "x\0y",
        "%00",
        "${x}",
    ),
    *("{{7*7}}", "| sleep 9", "$(id)", "\r\nX: y", "", " ", "\ud800", "\u202e", "*", ".*", "_"),
    *([], ["keyed-1"], {}, {"kid": 1}, 0, 1, 1.5, True, [[["x"]]]),
]
NOT_NUMBERS: list[Any] = [
    *(True, False, "", "0", "9999999999", " 9999999999", "2099-01-01T00:00:00Z"),
    *([], [9999999999], {}, {"n": 1}),
]
TOO_LATE: list[Any] = [10**30, 10**400, 1.7e308, 253402300800]
TOO_EARLY: list[Any] = [-1, 0, 1, 1.5, -(10**30)]
NOT_TEXTS: list[Any] = [None, True, 0, 1, -1.5, "", [], {}, ["x"], {"x": "y"}]
RAW_VALUES = ("NaN", "Infinity", "-Infinity", "1e999", "0x7fffffff", "+1", "1_0", "01", "'x'")


@dataclass(frozen=True)
class Genuine:
    """One token that would be accepted, and what an attacker knows about it."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]
    public: ECKey
    """The key the receiver verifies with, as it is published."""
    wrong: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """What a claim must not be, for an attacker who can sign."""
    optional: frozenset[str] = frozenset({"iat", "nbf"})
    """Claims that may be left out."""
    key: ECKey | None = None
    """The private key, when the attacker is the client itself."""
    elsewhere: str = "https://evil.example/keys"
    """An address that must not be asked for a key."""


FOREIGN = ECKey.generate_key("P-256", {"kid": "keyed-1", "alg": "ES256", "use": "sig"})
_TINY = rsa.generate_private_key(65537, 1024)
_OTHER_CURVE = ec.generate_private_key(ec.SECP384R1())
_EDWARDS = ed25519.Ed25519PrivateKey.generate()


def corpus(genuine: Genuine, count: int, seed: int) -> list[tuple[str, str]]:
    """Give `count` hostile tokens with the names of their classes, each token once."""
    found: dict[str, str] = {}
    for name, token in itertools.chain(named(genuine), damaged(genuine.token, Random(seed))):
        if len(found) == count:
            break
        if token != genuine.token:
            found.setdefault(token, name)
    assert len(found) == count
    return [(name, token) for token, name in found.items()]


def named(g: Genuine) -> Iterator[tuple[str, str]]:
    """Give every class that has a name."""
    yield from _algorithms(g)
    yield from _members(g)
    yield from _signatures(g)
    yield from _forms(g)
    yield from _payloads(g)
    if g.key is not None:
        yield from _claims(g, es256(g.key))


def _algorithms(g: Genuine) -> Iterator[tuple[str, str]]:
    for alg in [*ALGORITHMS, *NOT_NAMES]:
        header = g.header | {"alg": alg}
        yield f"alg {alg!r}, unsigned", signed(header, g.claims, fixed(b""))
        yield f"alg {alg!r}, HMAC with nothing", signed(header, g.claims, mac(b""))
        if alg != g.header["alg"]:
            yield f"alg {alg!r}, foreign key", signed(header, g.claims, es256(FOREIGN))
            yield f"alg {alg!r}, genuine signature", _resigned(g, header)
    for alg, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
        for form, secret in public_forms(g.public).items():
            token = signed(g.header | {"alg": alg}, g.claims, mac(secret, digest))
            yield f"{alg} with the public key as {form} (CVE-2024-37568)", token
    without = {name: value for name, value in g.header.items() if name != "alg"}
    yield "no alg", signed(without, g.claims, es256(FOREIGN))
    yield "two algs", signed('{"alg":"none","alg":"ES256"}', g.claims, es256(g.key or FOREIGN))


def _resigned(g: Genuine, header: dict[str, Any]) -> str:
    """Put another header before a genuine payload and signature."""
    return ".".join([b64(json.dumps(header)), *g.token.split(".")[1:]])


def _members(g: Genuine) -> Iterator[tuple[str, str]]:
    foreign, own = es256(FOREIGN), es256(g.key or FOREIGN)
    jwk, url = FOREIGN.as_dict(private=False), g.elsewhere
    for kid in KIDS:
        yield f"kid {str(kid)[:30]!r}", signed(g.header | {"kid": kid}, g.claims, foreign)
    brought: list[dict[str, Any]] = [
        *({"jwk": jwk}, {"jwk": {"kty": "oct", "k": ""}}, {"jwk": [jwk]}, {"jwk": "x"}),
        *({name: url} for name in ("jku", "x5u", "JKU", "jwks_uri", "iss", "p2s", "url")),
        *({"jku": url, "jwk": jwk}, {"x5c": ["MIIB"]}, {"x5c": "MIIB"}, {"x5t": "AAAA"}),
        *({"x5t#S256": "A" * 43}, {"epk": jwk}, {"kid": url}, {"kid": url, "jku": url}),
    ]
    for more in brought:
        header = {k: v for k, v in g.header.items() if k != "jwk"} | more
        yield f"brings {sorted(more)} (CVE-2026-27962)", signed(header, g.claims, foreign)
        del header["alg"]
        yield f"brings {sorted(more)}, no alg", signed(header, g.claims, foreign)
    for crit in (["bork"], [], ["exp"], "bork", None, {}, [1], ["alg"], ["b64"], ["crit"], True):
        more = {"crit": crit, "bork": True, "exp": 1, "b64": False}
        yield f"crit {crit!r} (CVE-2025-59420)", signed(g.header | more, g.claims, own)
    for b64_value in (False, "false", 0, None):
        start = f"{b64(json.dumps(g.header | {'b64': b64_value}))}.{json.dumps(g.claims)}"
        yield f"b64 {b64_value!r}", f"{start}.{b64(own(start.encode()))}"
        yield "b64, encoded all the same", signed(g.header | {"b64": b64_value}, g.claims, own)
    deflated = zlib.compress(json.dumps(g.claims).encode())[2:-4]
    bomb = zlib.compress(b" " * 10_000_000 + b"{}")
    for body in (deflated, bomb):
        yield "zip", signed(g.header | {"zip": "DEF"}, body, own)
        yield "zip and enc", signed(g.header | {"zip": "DEF", "enc": "A128GCM"}, body, own)


def _signatures(g: Genuine) -> Iterator[tuple[str, str]]:
    start, signature = g.token.rpartition(".")[::2]
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    half = len(raw) // 2
    r, s = raw[:half], raw[half:]
    order, zero = ORDER.to_bytes(32, "big"), bytes(half)
    made = {
        "zero r and s (CVE-2022-21449)": zero + zero,
        "zero r": zero + s,
        "zero s": r + zero,
        "ones": (bytes(half - 1) + b"\x01") * 2,
        "r is the order": order + s,
        "s is the order": r + order,
        "order twice": order + order,
        "all bits": b"\xff" * len(raw),
        "halves changed": s + r,
        "twice": raw + raw,
        "empty": b"",
        "DER": b"\x30\x44\x02\x20" + r + b"\x02\x20" + s,
        "DER of zeros": bytes.fromhex("3006020100020100"),
        "with a zero before each half": b"\0" + r + b"\0" + s,
        "as hexadecimal text": raw.hex().encode(),
    }
    made |= {f"cut to {length}": raw[:length] for length in range(1, len(raw), 3)}
    made |= {f"with {length} more bytes": raw + bytes(length) for length in (1, 2, 32, 64, 1000)}
    made |= {f"begun {length} late": raw[length:] for length in range(1, 20)}
    for name, changed in made.items():
        yield f"signature: {name}", f"{start}.{b64(changed)}"
    unpadded: Any = FOREIGN.private_key
    yield (
        "signature: DER, foreign",
        signed(g.header, g.claims, lambda data: unpadded.sign(data, ECDSA(SHA256()))),
    )
    for alg in ("ES256", "ES384"):
        yield (
            f"another curve as {alg}",
            signed(
                g.header | {"alg": alg}, g.claims, lambda d: _OTHER_CURVE.sign(d, ECDSA(SHA384()))
            ),
        )
    for alg in ("RS256", "ES256"):
        tiny: Sign = lambda d: _TINY.sign(d, padding.PKCS1v15(), SHA256())  # noqa: E731
        yield f"RSA of 1024 bits as {alg}", signed(g.header | {"alg": alg}, g.claims, tiny)
    for alg in ("EdDSA", "Ed25519", "ES256"):
        yield f"Ed25519 as {alg}", signed(g.header | {"alg": alg}, g.claims, _EDWARDS.sign)


def _forms(g: Genuine) -> Iterator[tuple[str, str]]:
    header, body, signature = g.token.split(".")
    flat = {"protected": header, "payload": body, "signature": signature}
    yield from {
        "JSON, flattened": json.dumps(flat),
        "JSON, general": json.dumps({"payload": body, "signatures": [flat]}),
        "JSON, unsigned beside signed": json.dumps(
            {"payload": body, "signatures": [flat, {"protected": "e30", "signature": ""}]}
        ),
        "JSON with an unprotected header": json.dumps(flat | {"header": {"alg": "none"}}),
        "detached": f"{header}..{signature}",
        "no signature": f"{header}.{body}",
        "no signature, with its dot": f"{header}.{body}.",
        "no header": f".{body}.{signature}",
        "five parts": f"{g.token}.a.b",
        "four parts": f"{g.token}.",
        "a dot before": f".{g.token}",
        "quoted": f'"{g.token}"',
        "Bearer before": f"Bearer {g.token}",
        "twice": f"{g.token}.{g.token}",
        "comma": f"{g.token},{g.token}",
        "percent": g.token.replace(".", "%2E"),
        "full-width dot": g.token.replace(".", "\uff0e"),
        "lone surrogate": g.token + "\ud800",
        "nested": signed({"alg": "none", "cty": "JWT"}, g.token, fixed(b"")),
        "nested, foreign": signed(g.header | {"cty": "JWT"}, g.token, es256(FOREIGN)),
        "100 kB payload": f"{header}.{'A' * 100_000}.{signature}",
        "100 kB header": f"{'A' * 100_000}.{body}.{signature}",
        "100 kB signature": f"{header}.{body}.{'A' * 100_000}",
        "50,000 dots": "." * 50_000,
        "5,000 members": signed(dict.fromkeys(map(str, range(900)), 1), g.claims, es256(FOREIGN)),
        "JWE": ".".join(
            [b64('{"alg":"RSA-OAEP","enc":"A128GCM","zip":"DEF"}'), "a", "b", "c", "d"]
        ),
        "PBES2 that counts for long": ".".join(
            [b64('{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"enc":"A128GCM"}'), *"abcd"]
        ),
    }.items()
    for at, filler in itertools.product(range(0, len(g.token) + 1, 29), "= \t\n\0+/~*é"):
        yield f"{filler!r} inside", g.token[:at] + filler + g.token[at:]
    for part in (header, body, signature):
        for end in ("=", "==", "A", "\n"):
            yield f"a part with {end!r} after it", g.token.replace(part, part + end)
        last = ALPHABET.index(part[-1])
        if len(part) % 4:  # the last letter has spare bits: other letters for the same bytes
            for other in range(last - last % 4, last - last % 4 + 4):
                yield "spare bits", g.token.replace(part, part[:-1] + ALPHABET[other])


def _payloads(g: Genuine) -> Iterator[tuple[str, str]]:
    own = es256(g.key or FOREIGN)
    whole = json.dumps(g.claims)
    texts: dict[str, str | bytes] = {
        "not JSON": "x",
        "empty": "",
        "an array": "[]",
        "an array of it": f"[{whole}]",
        "null": "null",
        "a number": "1",
        "text": json.dumps(whole),
        "deep arrays": "[" * 5_000,
        "deep objects": '{"a":' * 3_000 + "1" + "}" * 3_000,
        "deep inside": whole[:-1] + ',"a":' + "[" * 5_000 + "]" * 5_000 + "}",
        "UTF-16": whole.encode("utf-16"),
        "BOM": b"\xef\xbb\xbf" + whole.encode(),
        "not UTF-8": whole.encode()[:-1] + b',"a":"\xff"}',
        "overlong": whole.encode()[:-1] + b',"a":"\xc0\x80"}',
        "garbage after": whole + "x",
        "twice": whole + whole,
        "comment": whole[:-1] + "/* */}",
        "trailing comma": whole[:-1] + ",}",
        "single quotes": whole.replace('"', "'"),
        "NUL after": whole + "\0",
        "NaN": whole[:-1] + ',"a":NaN}',
        "infinity": whole[:-1] + ',"a":1e999}',
        "digits": whole[:-1] + ',"a":' + "9" * 5_000 + "}",
        "half a character": whole[:-1] + ',"a":"\\ud800"}',
        "a NUL escape": whole[:-1] + ',"iat":"\\u0000"}',
    }
    texts |= {f"{n} twice": whole[:-1] + f',"{n}":{json.dumps(v)}}}' for n, v in g.claims.items()}
    for name, text in texts.items():
        yield f"payload: {name}", signed(g.header, text, own)
        if g.key is not None:
            yield f"header: {name}", signed(text, g.claims, own)
    yield "proto", signed(g.header, whole[:-1] + ',"__proto__":{"sub":"x"}}', es256(FOREIGN))


def _claims(g: Genuine, own: Sign) -> Iterator[tuple[str, str]]:
    for name, values in g.wrong.items():
        for value in values:
            yield f"{name} is {str(value)[:20]!r}", signed(g.header, g.claims | {name: value}, own)
        without = {claim: value for claim, value in g.claims.items() if claim != name}
        if name not in g.optional:
            yield f"no {name}", signed(g.header, without, own)
        for raw in RAW_VALUES:
            text = json.dumps(g.claims | {name: 424242}).replace("424242", raw)
            yield f"{name} is {raw}", signed(g.header, text, own)
