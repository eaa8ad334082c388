"""What the pages say about the co-operative: its name, telephone number and paper forms.

Read from one flat TOML file; keys this program does not use are left to others.

    name_ja = "..."          # required
    telephone = "..."        # required
    name_en = "..."
    hours_ja = "..."         # when the telephone is answered
    hours_en = "..."
    join_form_url = "https://..."    # 加入申込書, an http(s) URL or a path of this portal
    leave_form_url = "https://..."   # 脱退届
    fax = "..."              # where paper forms are sent
    post_ja = "..."
    post_en = "..."
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import SettingsError

_LINK = re.compile(r"https?://[^\s\"'<>\\]+|/[A-Za-z0-9._-][^\s\"'<>\\]*")


@dataclass(frozen=True)
class Organisation:
    """The organisation; the defaults are obviously fictional."""

    name: str = "みほん学校生活協同組合"
    name_en: str = "Mihon School Co-op"
    phone: str = "0120-000-000"
    phone_hours: str = "平日 9時から17時まで"
    phone_hours_en: str = "Weekdays, 9:00 to 17:00 (Japan time)"
    fax: str = "0120-000-001"
    post: str = "〒000-0000 みほん県みほん市みほん1-1"
    post_en: str = "1-1 Mihon, Mihon City, Mihon 000-0000"
    join_form: str = "/forms/join"
    leave_form: str = "/forms/leave"

    def called(self, language: str) -> str:
        """Return the name in a language."""
        return self.name_en if language == "en" else self.name


def load_organisation(path: Path) -> Organisation:
    """Read the organisation file. Raises SettingsError naming the file and the key."""
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"organisation file {path}: {error}") from error
    name = _text(path, document, "name_ja")
    hours, post = _text(path, document, "hours_ja", ""), _text(path, document, "post_ja", "")
    return Organisation(
        name=name,
        name_en=_text(path, document, "name_en", name),
        phone=_text(path, document, "telephone"),
        phone_hours=hours,
        phone_hours_en=_text(path, document, "hours_en", hours),
        fax=_text(path, document, "fax", ""),
        post=post,
        post_en=_text(path, document, "post_en", post),
        join_form=_link(path, document, "join_form_url", Organisation.join_form),
        leave_form=_link(path, document, "leave_form_url", Organisation.leave_form),
    )


def _text(path: Path, table: Mapping[str, object], key: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise SettingsError(f"organisation file {path}: {key} must be a text")
    return value


def _link(path: Path, table: Mapping[str, object], key: str, default: str) -> str:
    value = _text(path, table, key, default)
    # A javascript: or // link in a settings file would run or lead elsewhere with our name on it.
    if not _LINK.fullmatch(value):
        raise SettingsError(f"organisation file {path}: {key} must be an http(s) URL or path")
    return value
