"""Ids of calls: opaque ones are taken, and nothing that could be something of the customer's."""

import pytest

from kb.calls import call_id
from kb.errors import QuestionError


@pytest.mark.parametrize("written", ["", "a", "CRM-20261126_00ab", "7f3c9d", "20261126-000123", "x" * 64])
def test_an_opaque_id_is_taken_as_it_is(written):
    assert call_id(written) == written


@pytest.mark.parametrize("written", ["x" * 65, "a b", "通话1", "a/b", "<script>", "a\n", "é", "a&b", "１２３"])
def test_other_characters_are_refused(written):
    with pytest.raises(QuestionError, match="只能用字母、数字"):
        call_id(written)


@pytest.mark.parametrize(
    "written",
    [
        "13812345678", "138-1234-5678", "138_1234_5678", "tel-13812345678", "86-13812345678", "008613812345678",
        "013812345678", "6222021234567890128", "6222-0212-3456-7890-128", "11010519491231002X", "id_11010519491231002x",
        "c13812345678z",
    ],
)  # fmt: skip
def test_what_looks_like_a_number_of_the_customer_is_refused(written):  # row 78
    with pytest.raises(QuestionError, match="看起来是手机号、卡号或证件号"):
        call_id(written)
