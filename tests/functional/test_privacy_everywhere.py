"""No number of a card or a person comes to lie in a file, on whatever way it is sent and however it is written (row 78)."""

import logging
import re
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from urllib.parse import quote

import pytest
from numbers_of_people import DISGUISES, bare, digits_of, made_numbers
from web_people import csrf, make_app, sign_in

from kb import feedback, logs, questions_log
from kb.clock import now
from kb.db import retention
from kb.db.schema import METADATA
from kb.privacy import mask
from kb.questions_file import DayFiles
from kb.questions_log import LOG
from kb.settings import LEAST_DAYS
from web.app import SERVICES

NUMBERS = made_numbers()
KEY = "replace-card@1"


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_thousand_numbers_are_masked_in_every_disguise(disguise):  # row 78 P1
    for number in NUMBERS:
        kept = digits_of(mask(f"请看{DISGUISES[disguise](number)}谢谢"))
        assert bare(number) not in kept, number


def test_what_is_looked_for_is_found_where_nothing_is_masked():
    for disguise in DISGUISES.values():
        for number in NUMBERS[:40]:
            assert bare(number) in digits_of(disguise(number)), disguise(number)


def texts(many, turn=0):
    """Numbers in their disguises, one a text: every disguise once, then again; in each turn other kinds of numbers."""
    disguises = list(DISGUISES.values())
    for place, number in enumerate(islice(NUMBERS, turn, turn + many)):
        yield f"请看{disguises[place % len(disguises)](number)}怎么补卡"


@contextmanager
def running(settings):
    """An application as a worker runs it: its log of questions and the lines of the service are files below `var`."""
    app = make_app(settings)
    root = logging.getLogger()
    kept = root.handlers[:], root.level, LOG.handlers[:], LOG.level, LOG.propagate
    with (settings.var / "service.log").open("w", encoding="utf-8") as stream:
        logs.set_up("text", stream)
        LOG.handlers[:], LOG.propagate = [DayFiles(settings.logs)], False
        LOG.setLevel(logging.INFO)
        stop = questions_log.start()
        try:
            yield app
        finally:
            stop()
            root.handlers[:], root.level, LOG.handlers[:] = kept[0], kept[1], kept[2]
            LOG.setLevel(kept[3])
            LOG.propagate = kept[4]


def leaks(folder, numbers):
    """(file, number) of every number that stands in a file below a folder: bare, or with anything between its digits."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "index" not in p.parts):
        text = path.read_bytes().decode("utf-8", "replace")
        text = re.sub(r"\\\\?u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
        found = digits_of(text)
        yield from ((path.name, number) for number in numbers if bare(number) in found)


def ways(app):
    """Everything an agent, an editor or anybody can send a text by: a function of a text that sends it."""
    person = sign_in(app, "agent editor lead approver admin")
    nobody = app.test_client()
    held = {"X-CSRFToken": csrf(person)}
    trail = {"began": 1_764_554_400_000, "ended": 1_764_554_460_000}

    def form(path, /, **fields):
        return person.post(path, data=fields, headers=held)

    def note(text):
        entries = [
            {"did": "ask", "at": trail["began"], "text": text},
            {"did": "gap", "at": trail["began"], "text": text},
        ]
        return person.post("/call/note", json={**trail, "id": "abc", "entries": entries}, headers=held)

    def error(text):
        try:
            raise ValueError(text)
        except ValueError:
            logging.getLogger("web.errors").exception("cannot do /ask?q=%s", text)

    return {
        "asked on the page": lambda text: nobody.post("/ask", data={"q": text}),
        "asked in an address": lambda text: nobody.get("/", query_string={"q": text}),
        "asked of the fast lane": lambda text: nobody.post("/api/v1/search", json={"q": text}),
        "asked of the API": lambda text: person.post("/api/v1/search", json={"q": text}),
        "typed": lambda text: nobody.post("/api/v1/suggest", json={"q": text}),
        "explained": lambda text: nobody.post("/explain", data={"q": text}),
        "pasted": lambda text: nobody.post("/transcript", data={"text": f"坐席：您好。客户：{text}"}),
        "pasted into the API": lambda text: nobody.post("/api/v1/transcript", json={"text": text}),
        "fed back": lambda text: form("/report/feedback", kind="wrong", article=KEY, q=text, text=text),
        "fed back in several lines": lambda text: form("/report/feedback", kind="wrong", article=KEY, text=f"一\n{text}\n二"),
        "reported as a gap": lambda text: form("/report/gap", q=text),
        "announced": lambda text: form("/notices/new", title=text[:40], text=text, expires=str(now().date())),
        "noted": note,
        "handed over": lambda text: form("/call/handover", q=text),
        "handed over without signing in": lambda text: nobody.post("/call/fragment", data={"q": text}),
        "called": lambda text: nobody.post("/ask", data={"q": "补卡", "call": text.strip("请看怎么补卡")}),
        "asked for": lambda text: nobody.get(f"/articles/{quote(text)}"),
        "given as a name": lambda text: form("/sign-in", name=text, password=text),
        "logged with an error": error,
    }  # fmt: skip


def test_no_number_comes_to_lie_in_any_file(settings):  # row 78 P1
    many = len(DISGUISES)
    with running(settings) as app:
        for turn, (name, way) in enumerate(ways(app).items()):
            answers = [way(text) for text in texts(many, turn)]
            assert all(answer is None or answer.status_code < 500 for answer in answers), name
        app.extensions[SERVICES].database.close()
    lines = (settings.var / "service.log").read_text("utf-8")
    assert "ValueError" in lines
    assert "［卡号］" in lines
    (asked,) = settings.logs.glob("*.jsonl")
    assert asked.read_text("utf-8").count("［") > 4 * many
    assert list(leaks(settings.var, NUMBERS[: many + turn])) == []


def test_what_feedback_gaps_notices_and_notes_keep_or_answer_is_masked(settings):  # row 78 P1
    with running(settings) as app:
        found = ways(app)
        for text in texts(24):
            assert digits_of(found["noted"](text).json["data"]["text"]).find(digits_of(text)) < 0
        for name in ("fed back", "reported as a gap", "announced", "handed over"):
            for text in texts(8):
                assert found[name](text).status_code in (200, 302), (name, text)
        with app.extensions[SERVICES].database.reading() as connection:
            rows = [str(tuple(r)) for t in METADATA.sorted_tables for r in connection.execute(t.select())]
    assert sum("［" in row for row in rows) >= 4 * 8
    assert [n for n in NUMBERS[:8] for row in rows if bare(n) in digits_of(row)] == []


def test_a_way_without_masking_would_be_found(settings, monkeypatch):
    monkeypatch.setattr(feedback, "mask", lambda text: text)
    with running(settings) as app:
        for text in texts(16):
            ways(app)["reported as a gap"](text)
        app.extensions[SERVICES].database.close()
    assert {name for name, _ in leaks(settings.var, NUMBERS[:16])} & {"kb.db", "kb.db-wal"}


def test_hardly_anything_else_is_taken_for_a_number(sample_articles):  # P2
    asked = [q for article in sample_articles for q in (article.title, *article.questions, *article.test_queries)]
    said = [article.answer for article in sample_articles] + [
        line for a in sample_articles for line in a.body.split("\n")
    ]
    assert len(asked) > 2000
    assert sum(mask(text) != text for text in asked) <= len(asked) / 1000
    assert sum(mask(text) != text for text in said) <= len(said) / 1000


def test_numbers_of_other_things_stay():  # P2
    kept = [
        "2026-11-24 10:00:00", "2026/11/24、2026/12/01", "9:00-17:00", "95599、95588、95533", "400-800-0099 / 95599",
        "1000、2000、3000、5000、10000元", "3.5%/4.5%/5.5%", "R2、R3、R4、R5", "一、二、三、四、五、六、七、八、九、十", "二〇二六年一一月",
        "5万 10万 20万 50万", "20261124000001", "1/3、2/3", "(一)(二)(三)", "第一二三四条", "10+20+30+40+50+60",
    ]  # fmt: skip
    assert [mask(text) for text in kept] == kept


def test_what_is_purged_leaves_no_remnants(settings):  # P3
    with running(settings) as app:
        words = [f"请把第{n}号柜子的门修好" for n in range(30)]
        found = ways(app)
        for word in words:
            found["fed back"](word), found["reported as a gap"](word), found["handed over"](word)
        database = app.extensions[SERVICES].database
        settled = {
            "feedback": {"state": "declined", "answered": now()},
            "gaps": {"state": "dismissed", "decided": now()},
        }
        with database.writing() as connection:
            for table, values in settled.items():
                connection.execute(METADATA.tables[table].update().values(values))
        gone = retention.purge(database, now() + timedelta(days=LEAST_DAYS + 2), LEAST_DAYS)
        assert sum(gone.values()) >= 90
        database.close()
    left = b"".join(path.read_bytes() for path in settings.var.glob("kb.db*"))
    assert [word for word in words if word.encode() in left] == []
