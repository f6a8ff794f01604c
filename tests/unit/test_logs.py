"""Lines of the log: one line is one record, whatever somebody puts into a message, and nobody's numbers are in it."""

import io
import json
import logging

import pytest

from kb.logs import REQUEST_ID, JsonLines, TextLines, clean, set_up

CARD, ID, PHONE = "6222021234567890128", "11010519491231002X", "13800138000"


def record(message, *args, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("web.errors", logging.ERROR, __file__, 1, message, args, info)


def raised(text):
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


@pytest.mark.parametrize("form", [TextLines(), JsonLines()])
@pytest.mark.parametrize(
    "said",
    [
        "x\n2026-12-01T00:00:00.000+08:00 INFO kb.audit 甲 approved",
        'x\r\n{"level": "INFO"}',
        "x\x1b[2Jcleared",
        "x\u2028next",
        "x\u202egnol",
        "x\x85y\x0bz\x0c",
        "x\x00y",
    ],
)
def test_a_message_makes_no_second_line(form, said):  # P6
    line = form.format(record("failed on %s", said))
    assert len(line.splitlines()) == 1
    assert line.isprintable()


@pytest.mark.parametrize("form", [TextLines(), JsonLines()])
def test_the_lines_of_a_trace_cannot_pass_for_records(form):  # P6
    line = form.format(record("failed", error=raised(f"x\n2026-12-01 INFO forged {CARD}")))
    assert CARD not in line
    first, *more = line.splitlines()
    assert all(each.startswith("    ") for each in more)
    if isinstance(form, JsonLines):
        assert not more
        assert any("forged" in each for each in json.loads(first)["trace"])


@pytest.mark.parametrize("number", [CARD, ID, PHONE, "6222 0212 3456 7890 128", "１３８００１３８０００"])
def test_numbers_of_people_are_masked(number):  # row 78
    for form in (TextLines(), JsonLines()):
        line = form.format(record("号码%s打不通", number))
        assert number not in line
        assert "［" in line


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Error handling request /ask?q=信用卡&name=王五", "Error handling request /ask?…"),
        ("GET /?q=挂失 HTTP/1.1", "GET /?… HTTP/1.1"),
        ("'/embed?call=1' refused", "'/embed?…' refused"),
        ("真的吗?是的", "真的吗?是的"),
        ("503 IndexMissing on /ask", "503 IndexMissing on /ask"),
    ],
)
def test_addresses_stand_without_their_queries(said, kept):  # row 78
    assert clean(said) == kept


def test_a_line_of_json_says_when_what_and_for_which_request():
    token = REQUEST_ID.set("abc-1")
    try:
        said = json.loads(JsonLines().format(record("没有写成：%s", "磁盘满了")))
    finally:
        REQUEST_ID.reset(token)
    assert said.pop("time").endswith("+08:00")
    assert said == {"level": "ERROR", "logger": "web.errors", "message": "没有写成：磁盘满了", "request": "abc-1"}


def test_very_long_messages_end_and_odd_characters_are_no_error():
    assert len(clean("长" * 100_000)) < 10_000
    assert JsonLines().format(record("\ud800 lone")).isprintable()


def test_set_up_writes_warnings_of_everybody_and_nothing_less():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        set_up("json", stream)
        logging.getLogger("some.library").warning("said %d", 1)
        logging.getLogger("some.library").info("not said")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["said 1"]
