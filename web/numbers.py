"""Whole numbers in addresses and forms: one that no database can hold is no number."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

# what PostgreSQL's integers hold
MOST = 2**31 - 1


def whole(written: str) -> int:
    """The number that a parameter says, for `request.args.get(name, 0, whole)`. Raises ValueError for anything else."""
    number = int(written)
    if abs(number) > MOST:
        raise ValueError(written)
    return number


def in_address(url_map: Map, **kwargs: Any) -> IntegerConverter:
    """What reads `<int:number>` of an address; a greater number leads nowhere."""
    return IntegerConverter(url_map, **{"max": MOST, **kwargs})
