"""The id that a new article could have: the pinyin of its title."""

from __future__ import annotations

import re
from collections.abc import Collection

from kb.pinyin import syllables

_RUN = re.compile("[\u4e00-\u9fff]+|[A-Za-z0-9]+")
_LONGEST = 48


def suggest_slug(title: str, taken: Collection[str] = ()) -> str:
    """`xiu-gai-yu-liu-shou-ji-hao` for 修改预留手机号, with a number behind where it is taken; empty for no words at all."""
    parts: list[str] = []
    for run in _RUN.findall(title):
        parts += [run.lower()] if run.isascii() else [re.sub("[^a-z]", "", s) for s in syllables(run)]
    slug = ""
    for part in filter(None, parts):
        longer = f"{slug}-{part}" if slug else part[:_LONGEST]
        if len(longer) > _LONGEST:
            break
        slug = longer
    if slug not in taken:
        return slug
    return next(name for number in range(2, len(taken) + 3) if (name := f"{slug}-{number}") not in taken)
