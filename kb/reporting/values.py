"""A night as JSON: for programs, and for the page that is made of it later."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from kb.reporting.night import OUTCOMES, Night


def as_json(night: Night) -> str:
    """The whole night, with what its outcome is called; two spaces deep, a newline at its end."""
    values = {"outcome_said": OUTCOMES[night.outcome], **asdict(night)}
    return json.dumps(values, ensure_ascii=False, indent=2, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
