"""Findings → the JSON of `kb.views.AnswerView`, put together from what was prepared when the index was made."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache

from kb.ambiguity import Chip
from kb.answers import FACETS
from kb.clock import timestamp
from kb.findings import Findings
from kb.highlight import Ranges
from kb.matches import Match, MatchedLine
from kb.prepared import SEPARATOR

# `json.dumps` would make one for each value
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def answer_json(findings: Findings) -> tuple[bytes, bytes]:
    """The UTF-8 JSON of an answer, cut where the moment of asking goes in: see `with_moment`."""
    query = findings.query
    facet = _json(query.facet)
    named = tuple(b'{"channel":%s,' % _json(c) for c in query.channels)
    before = b'{"question":%s,"facet":%s,"facet_name":%s,"generation":%s,"at":' % (
        _json(query.raw), facet, _json(FACETS[query.facet]), _json(findings.generation),
    )  # fmt: skip
    after = b',"confident":%s,"message":%s,"unknown":%s,"chips":%s,"alerts":[%s],"cards":[%s]}' % (
        b"true" if findings.confident else b"false",
        _json(findings.message) if findings.message else b'""',
        _strings(query.unknown),
        b"[%s]" % b",".join(map(_chip, findings.chips)) if findings.chips else b"[]",
        b",".join([_card(m, facet, named) for m in findings.alerts]),
        b",".join([_card(m, facet, named) for m in findings.cards]),
    )
    return before, after


def _chip(chip: Chip) -> bytes:
    return b'{"word":%s,"question":%s,"id":%s}' % (_json(chip.word), _json(chip.question), _json(chip.id))


def with_moment(cut: tuple[bytes, bytes], at: datetime) -> bytes:
    """The whole JSON of an answer that is given at a moment."""
    return b'%s"%s"%s' % (cut[0], timestamp(at).encode(), cut[1])


def _card(m: Match, facet: bytes, named: tuple[bytes, ...]) -> bytes:
    p, hit = m.prepared, m.hit
    return b'%s%s},"answer":{"text":%s,"ranges":%s},"channels":[%s],"facet":%s%s,"score":%.4f,"coverage":%.4f}' % (
        p.head,
        _ranges(m.title),
        m.spoken,
        _ranges(m.answer),
        _channels(p.channels, named) if p.channels else b"",
        facet,
        _reasons(m) if _speaks(m) else _NOTHING,
        hit.score,
        hit.coverage,
    )


# most cards say nothing but what was prepared
_NOTHING = b',"section":null,"lines":[],"matched":[],"superseded":[],"past_due":false'


def _speaks(m: Match) -> bool:
    return bool(m.lines or m.matched or m.superseded or m.past_due or m.hit.section is not None)


def _reasons(m: Match) -> bytes:
    return b',"section":%s,"lines":[%s],"matched":%s,"superseded":%s,"past_due":%s' % (
        b"null" if m.hit.section is None else _json(m.hit.section),
        b",".join([_line(line) for line in m.lines]),
        _strings(m.matched),
        _strings(m.superseded),
        b"true" if m.past_due else b"false",
    )


def _line(line: MatchedLine) -> bytes:
    s, ranges = line
    return b'{"label":%s,"text":{"text":%s,"ranges":%s},"source":%s}' % (s.label, s.text, _ranges(ranges), s.source)


@lru_cache(maxsize=1 << 14)
def _ranges(ranges: Ranges) -> bytes:
    return b"[%s]" % b",".join([b"[%d,%d]" % r for r in ranges])


def _channels(channels: bytes, named: tuple[bytes, ...]) -> bytes:
    """The channels of a card, those that the question names first."""
    if not named:
        return channels.replace(SEPARATOR, b",")
    ordered = sorted(channels.split(SEPARATOR), key=lambda c: not c.startswith(named))
    return b",".join(ordered)


def _strings(values: tuple[str, ...]) -> bytes:
    # the encoder takes ten times as long for a list as for its strings
    return b"[%s]" % b",".join([_json(v) for v in values]) if values else b"[]"


def _json(value: str) -> bytes:
    # half a surrogate pair in a question is no reason to fail
    return _ENCODER.encode(value).encode("utf-8", "replace")
