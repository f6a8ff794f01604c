"""The quality score: what raises it, what lowers it, and that every missing point has a reason."""

from datetime import datetime

import pytest
from builders import channel, made_article

from kb.clock import SHANGHAI
from kb.editing import quality as scoring
from kb.editing.language import Remark

AT = datetime(2026, 11, 24, 10, tzinfo=SHANGHAI)
GOOD = {
    "questions": [
        "卡坏了怎么换", "磁条刷不出来", "要多少钱", "补办几天拿到", "芯片读不了", "去哪个网点", "能寄到家吗", "旧卡还要带吗",
        "外地可以办不", "卡号变不变",
    ],
    "answer": "带身份证到网点，当场换新卡，卡号不变。",
    "tones": {"short": "带身份证到网点换。", "elder": "您先带好身份证。"},
    "channels": [channel()],
    "steps": [{"do": "请客户带身份证。", "if_fails": "先补身份证。"}, {"do": "当场换卡。"}],
    "sources": [{"document": "示例银行银行卡办法（示例）", "number": "示例银规〔2026〕1号", "date": "2026-01-01"}],
    "test_queries": ["换卡多少钱", "银行卡折断", "卡片重做", "新卡怎么领", "卡失灵"],
    "body": "## 要带什么\n身份证。\n\n## 多久\n当场。\n\n## 丢了呢\n先[挂失](card-loss)。",
}  # fmt: skip


def quality(remarks=(), **changes):
    return scoring.quality(made_article(**{**GOOD, **changes}), remarks, AT)


def test_an_article_with_everything_has_full_marks_and_no_reasons():  # row 48
    assert quality() == scoring.Quality(100, ())


@pytest.mark.parametrize(
    ("changes", "points", "reason"),
    [
        ({"questions": GOOD["questions"][:6]}, 8, "问法有 6 条"),
        ({"questions": [*GOOD["questions"][:9], "卡坏了怎么换呢"]}, 2, "几乎一样"),
        ({"tones": None}, 10, "语气"),
        ({"body": "## 要带什么\n身份证，见[挂失](card-loss)。"}, 7, "小标题"),
        ({"body": GOOD["body"].replace("[挂失](card-loss)", "挂失")}, 5, "链接"),
        ({"sources": [{"document": "示例银行办法（示例）"}]}, 10, "文号或日期"),
        ({"verified": "2026-01-01"}, 10, "核对"),
        ({"test_queries": GOOD["test_queries"][:4]}, 1, "检验问法"),
        ({"steps": [{"do": f"第{n}步。"} for n in range(5)]}, 7, "失败时"),
    ],
)
def test_what_is_missing_costs_its_points_and_says_why(changes, points, reason):  # row 48
    found = quality(**changes)
    assert found.score == 100 - points
    (why,) = found.reasons
    assert (why.points, reason in why.text) == (points, True)


def test_remarks_on_the_language_cost_points_until_nothing_is_left():  # row 48
    def remark(place):
        return Remark(place, "核身", "客户可能听不懂。")

    assert quality([remark("answer")]).score == 95
    assert quality([remark("answer"), remark("tones.short"), remark("answer"), remark("tones.elder")]).score == 85
    assert quality([remark("body")]).score == 100


def test_the_costliest_reason_stands_first():
    points = [
        r.points
        for r in quality(tones=None, questions=GOOD["questions"][:6], test_queries=GOOD["test_queries"][:4]).reasons
    ]
    assert points == sorted(points, reverse=True)


@pytest.mark.parametrize(
    ("kind", "full", "missing"),
    [
        (
            "product",
            {"key_numbers": [{"name": "起点", "value": "50元"}], "suitable_for": "人人"},
            {"key_numbers": None},
        ),
        ("complaint", {"promise": ["回电", "登记"], "never_promise": ["赔偿", "时间"]}, {"never_promise": ["赔偿"]}),
        ("alert", {"ask": ["转了吗"], "dont": ["别转"], "escalate": "值班席"}, {"escalate": None}),
        (
            "regulation",
            {
                "document": {"title": "办法", "number": "1号", "issuer": "央行", "date": "2026-01-01"},
                "affects": ["card-loss"],
            },
            {"affects": None},
        ),
    ],
)
def test_each_type_is_asked_for_what_it_needs(kind, full, missing):  # row 48
    own = {"type": kind, "channels": None, "steps": None, **full}
    assert quality(**own).score == 100
    lacking = quality(**{**own, **missing})
    assert lacking.score < 100
    assert lacking.reasons[0].text.startswith("没有写")


def test_the_parts_add_up_to_a_hundred():
    assert sum(points for points, _ in scoring._PARTS) == 100
