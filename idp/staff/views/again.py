"""A code sent with an act itself, where none was shown lately: nothing that was typed is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.blocks.words import told
from idp.staff.model import Acting, StaffFailed
from idp.staff.second_step import StaffSecondStep
from idp.staff.views.console import Console
from idp.web.forms import fold_code


@dataclass(frozen=True)
class CodeWithAct:
    """Takes it."""

    console: Console
    step: StaffSecondStep

    def is_needed(self, acting: Acting) -> bool:
        """Tell whether the form has to ask for a code."""
        return not self.console.sessions.is_recent(acting)

    def failed(self, acting: Acting, typed: str) -> StaffFailed | None:
        """Try the code where one is needed; None when the act may go on."""
        if not self.is_needed(acting):
            return None
        return self.step.again(acting, fold_code(typed), self.console.origin())

    def error(self, failed: StaffFailed | None) -> dict[str, Any] | None:
        """Give what `code_alert` shows of it."""
        if failed is None:
            return None
        language = self.console.pages.language()
        return {"reference": failed.reference, "blocks": told(failed.blocks, language)}
