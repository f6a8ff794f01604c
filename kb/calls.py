"""What a call is called: an opaque id, given by the CRM or made in the browser; never something about the customer. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from kb.errors import QuestionError
from kb.privacy import mask

LONGEST = 64
_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
# with or without the country's or the trunk's prefix, and whatever stands between the digits
_PHONE = re.compile(r"(?<![0-9])(?:00?|0{0,2}86)?1[3-9][0-9]{9}(?![0-9])")


@lru_cache(maxsize=4096)
def call_id(written: str) -> str:
    """The id of a call as it was sent; empty for none. Raises QuestionError for anything that is not opaque."""
    if not written:
        return ""
    if not _ID.fullmatch(written):
        raise QuestionError(f"通话编号只能用字母、数字、“-”和“_”，最多 {LONGEST} 个字符。")
    if mask(written) != written or _PHONE.search(re.sub("[-_]", "", written)):
        raise QuestionError("通话编号看起来是手机号、卡号或证件号，没有收下：请让 CRM 传一个看不出客户是谁的编号。")
    return written
