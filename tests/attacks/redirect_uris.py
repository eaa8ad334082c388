"""A corpus of strings that some parser somewhere takes for a registered redirect URI."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import quote, urlsplit

REGISTERED = {
    "desk": ("https://desk.mihon.example/callback",),
    "phone": (
        "http://127.0.0.1:8765/callback",
        "http://[::1]:8765/callback",
        "com.mihon.example.phone:/callback",
        "https://phone.mihon.example/callback?kept=1",
    ),
}
EVIL = "evil.example"
BLANKS = ("%09", "%0d", "%0a", "%20", "%00", "\t", "\r", "\n", " ", "\u3000", "\u200b", "\ufeff")


def mutations(uri: str) -> Iterator[str]:
    """Give strings that some parser somewhere takes for `uri`."""
    scheme, _, rest = uri.partition(":")
    parts = urlsplit(uri)
    host, path = parts.netloc, parts.path
    yield from _of_paths(uri, path)
    yield from (blank + uri for blank in BLANKS)
    yield from (uri + blank for blank in BLANKS)
    yield from (uri.replace("callback", f"call{blank}back") for blank in BLANKS)
    yield from (
        f"{other}:{rest}"
        for other in (
            scheme.upper(),
            scheme.title(),
            "http",
            "https",
            "ftp",
            "javascript",
            "data",
            "file",
            "java\tscript",
            "vbscript",
            "",
            "blob:" + scheme,
            scheme + ":" + scheme,
        )
    )
    yield from (
        uri + end
        for end in (
            "/",
            "//",
            "?",
            "#",
            "?x=1",
            "&x=1",
            "#fragment",
            ";x",
            "/..",
            "/.",
            "%2f",
            "%3f",
            "%23",
            "\\",
            "/%2e%2e",
            "..;/",
            "/..;/x",
            "*",
            "%",
            "%c0%af",
            ".",
            "~",
            "'",
            '"',
            "`",
            "|",
        )
    )
    if host:
        yield from _of_hosts(uri, host)
    yield quote(uri, safe="")
    yield quote(quote(uri, safe=""), safe="")
    yield uri.upper()
    yield uri * 2
    yield uri + "," + uri
    yield uri + " https://" + EVIL
    yield uri[:-1]
    yield uri[1:]
    yield rest
    yield "//" + rest.lstrip("/")
    yield "/callback"
    yield uri.translate({ord(c): ord(c) + 0xFEE0 for c in "callback"})
    yield uri.replace("l", "\u217c")
    yield uri.replace("a", "\u0430", 1)


def _of_paths(uri: str, path: str) -> Iterator[str]:
    for other in (
        "/Callback",
        "/CALLBACK",
        "/callback/",
        "/callback/../callback",
        "/./callback",
        "//callback",
        "/x/../callback",
        "/callbac%6b",
        "/%63allback",
        "/callback%20",
        "/callback%00",
        "/callback.html",
        "/callbackx",
        "/callbac",
        "/",
        "",
        "/..;/callback",
        "/callback;jsession=1",
        "/callback%2f..%2fadmin",
        "/callback/%2e%2e/admin",
        "/%2e/callback",
        "\\callback",
        "/\\callback",
        "/callback\\..\\x",
        "/callback/..%5cx",
        "/callback%252f..",
        "/c\u0430llback",
    ):
        yield uri.replace(path, other, 1)


def _of_hosts(uri: str, host: str) -> Iterator[str]:
    name = host.rpartition(":")[0] or host if host.startswith(("127", "[")) else host
    for other in (
        EVIL,
        f"{host}.{EVIL}",
        f"{EVIL}/{host}",
        f"{EVIL}#{host}",
        f"{EVIL}?{host}",
        f"{EVIL}\\@{host}",
        f"{host}@{EVIL}",
        f"{EVIL}@{host}",
        f"a@b@{EVIL}",
        f"{host}:pw@{EVIL}",
        f"{EVIL}:pw@{host}",
        f"{host}%40{EVIL}",
        f"{host}%2f@{EVIL}",
        f"{host}\\.{EVIL}",
        f"{EVIL}%00.{host}",
        f"{EVIL}%0d%0a{host}",
        f"{host}%23@{EVIL}",
        f"{host}&@{EVIL}",
        f"x{host}",
        f"sub.{host}",
        f"{host}.",
        f"{name}:443",
        f"{name}:80",
        f"{name}:0",
        f"{name}:",
        f"{name}:99999",
        f"{name}:08765",
        f"{name}:8765:8765",
        f"{name}:-1",
        f"{name}:8765@{EVIL}",
        f"{name}:+8765",
        f"{name}:8_7",
        f"{name}: 8765",
        f"{name}:\u0668",
        host.upper(),
        host.replace(".", "X", 1),
        host.replace(".", "\u3002"),
        host.replace(".", "%2e"),
        host.replace(".", ""),
        "localhost",
        "localhost:8765",
        f"localhost.{EVIL}",
        "0.0.0.0:8765",
        "127.1:8765",
        "0x7f.1:8765",
        "2130706433:8765",
        "127.0.0.2:8765",
        "127.0.0.01:8765",
        "[::ffff:127.0.0.1]:8765",
        "[0:0:0:0:0:0:0:1]:8765",
        "[::1%25eth0]:8765",
        "[::1]x:8765",
        "[::]:8765",
        "127.0.0.1.:8765",
        "127.0.0.1%2f:8765",
        "127.0.0.1:8765%2f",
    ):
        yield uri.replace(host, other, 1)


FOREIGN = (
    *(f"@{EVIL}", f"//{EVIL}", f"\\\\{EVIL}", f"/../../{EVIL}", f"?next=//{EVIL}", f"#@{EVIL}/"),
    *(f".{EVIL}", f":443@{EVIL}", f"%40{EVIL}", f"%2f%2f{EVIL}", f"\u2044{EVIL}", f"\uff0f{EVIL}"),
)
CHARACTERS = (
    "./\\:@?#%&=;,*+~|^`'\"<>[]{}()$! \t\r\n\0aZ09-_é鍵\u200b\u202e\ufeff\u3002\uff0e\ud800"
)


def _inserted(uri: str, at: int, random: Random) -> str:
    return uri[:at] + random.choice(CHARACTERS) + uri[at:]


def _replaced(uri: str, at: int, random: Random) -> str:
    return uri[:at] + random.choice(CHARACTERS) + uri[at + 1 :]


def _cut(uri: str, at: int, random: Random) -> str:
    return uri[:at] + uri[at + random.randrange(1, 9) :]


def _doubled(uri: str, at: int, random: Random) -> str:
    return uri[: at + random.randrange(1, 12)] + uri[at:]


def _escaped(uri: str, at: int, _random: Random) -> str:
    return (
        uri[:at]
        + "".join(f"%{byte:02x}" for byte in uri[at : at + 1].encode("utf-8", "surrogatepass"))
        + uri[at + 1 :]
    )


def _recased(uri: str, at: int, random: Random) -> str:
    until = at + random.randrange(1, 12)
    return uri[:at] + uri[at:until].swapcase() + uri[until:]


def _led_away(uri: str, at: int, random: Random) -> str:
    return uri[:at] + random.choice(FOREIGN) + uri[at:]


FAULTS: tuple[Callable[[str, int, Random], str], ...] = (
    *(_inserted, _replaced, _cut, _doubled, _escaped, _recased, _led_away),
)


def drawn(count: int, seed: int) -> list[tuple[str, str]]:
    """Give (client, mutated URI) with one to three random faults, each once, none registered."""
    random, found = Random(seed), dict[tuple[str, str], None]()
    registered = [(name, uri) for name, uris in REGISTERED.items() for uri in uris]
    while len(found) < count:
        name, uri = random.choice(registered)
        for _ in range(random.choice((1, 1, 2, 3))):
            fault = random.choice(FAULTS)
            uri = fault(uri, random.randrange(len(uri) + 1), random)
        if uri not in REGISTERED[name] and not _port(uri):
            found[name, uri] = None
    return list(found)


def corpus() -> list[tuple[str, str]]:
    """Give (client, mutated URI), each of them once, none of them registered."""
    found = dict.fromkeys(
        (name, mutated)
        for name, uris in REGISTERED.items()
        for uri in uris
        for mutated in mutations(uri)
    )
    return [(name, uri) for name, uri in found if uri not in REGISTERED[name] and not _port(uri)]


def _port(uri: str) -> bool:
    """Tell whether this is the one thing that may differ: the port of a loopback address."""
    loopback = ("http://127.0.0.1:", "http://[::1]:")
    start = next((s for s in loopback if uri.startswith(s)), None)
    port, slash, path = uri[len(start or "") :].partition("/")
    plain = port.isascii() and port.isdigit() and str(int(port)) == port and int(port) < 65536
    portless = uri in ("http://127.0.0.1/callback", "http://[::1]/callback")
    return portless or (bool(start) and plain and slash + path == "/callback")
