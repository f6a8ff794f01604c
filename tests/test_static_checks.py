"""What must not stand in the code: bandit's findings and our own rules, each either absent or looked at and written down here."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("kb", "indexer", "web")
# (file, rule) → why it is right there; a finding that is gone must go from here, too
REVIEWED = {
    ("kb/db/engine.py", "B608"): "the name of a table of our own",
    ("kb/db/upgrading.py", "B608"): "the name of a table of our own",
    ("kb/publishing/git.py", "B404"): "Git is a program",
    ("kb/publishing/git.py", "B603"): "a list of arguments, no shell; names are checked by kb.files",
    ("kb/publishing/git.py", "B607"): "Git is where the operator's PATH says",
    ("kb/tables.py", "B405"): "the name of an error that openpyxl raises; nothing is parsed with it",
    ("kb/reporting/page.py", "B704"): "our own style sheet",
    ("web/agent.py", "B704"): "rendered by Jinja with autoescape, or cleaned by nh3",
    ("web/editor_preview.py", "B704"): "cleaned by nh3",
    ("web/editor_write.py", "B704"): "rendered by Jinja with autoescape",
    ("web/offline.py", "B704"): "cleaned by nh3, or without `<`",
    ("web/audit.py", "B105"): "the Chinese word for a password",
    ("web/cli.py", "B108"): "gunicorn makes nameless files there",
}
# asserts narrow types; `S` of ruff ignores them, too
IGNORED = ("B101",)
UNSAFE = {"pickle", "marshal", "shelve", "dill", "joblib", "eval", "exec", "compile", "__import__", "system", "popen"}


def findings(*paths):
    """(file, rule) of everything that bandit finds, whatever comments say."""
    command = [
        sys.executable,
        "-m",
        "bandit",
        "-q",
        "-r",
        "-f",
        "json",
        "--ignore-nosec",
        "-s",
        ",".join(IGNORED),
        *map(str, paths),
    ]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout)
    assert told["errors"] == []
    return {(result["filename"].removeprefix("./"), result["test_id"]) for result in told["results"]}


@pytest.mark.timeout(180)
def test_bandit_finds_nothing_that_nobody_has_looked_at():  # S3
    assert findings(*ROOMS) == set(REVIEWED)


def test_bandit_finds_what_is_planted(tmp_path):
    (tmp_path / "bad.py").write_text("import pickle, subprocess\nsubprocess.run(x, shell=True)\npickle.loads(y)\n")
    assert {rule for _, rule in findings(tmp_path)} >= {"B301", "B403", "B602"}


def unsafe(source):
    """Calls and imports that make code or objects of what is read."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name.split(".")[0] for a in node.names] + [(getattr(node, "module", "") or "").split(".")[0]]
        elif isinstance(node, ast.Call):
            function = node.func
            names = [function.id] if isinstance(function, ast.Name) else []
            # re.compile is no compile
            if (
                isinstance(function, ast.Attribute)
                and function.attr in ("system", "popen")
                and ast.unparse(function.value) == "os"
            ):
                names = [function.attr]
            if any(k.arg == "allow_pickle" and getattr(k.value, "value", True) for k in node.keywords):
                names.append("pickle")
            if any(k.arg == "shell" and getattr(k.value, "value", True) for k in node.keywords):
                names.append("system")
        yield from (name for name in names if name in UNSAFE)


@pytest.mark.parametrize("path", sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py")), ids=str)
def test_nothing_that_is_read_becomes_code(path):  # S3 W8
    assert list(unsafe(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "from marshal import loads",
        "eval(x)",
        "np.load(f, allow_pickle=True)",
        "os.system(x)",
        "run(x, shell=True)",
    ],
)
def test_what_makes_code_is_found(planted):
    assert list(unsafe(planted))


OWN_RULES = {
    "escaping is switched off": (("html", "js"), r"\|\s*safe\b|autoescape\s+false|\{%\s*autoescape"),
    "markup is put in as text": (
        ("js",),
        r"\.outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(",
    ),
    "a script or style stands in a page": (
        ("html",),
        r"<script(?![^>]*\bsrc=)[^>]*>(?!\{\{)|\s(?:on[a-z]+|style)\s*=\s*[\"']",
    ),
    "something is fetched from elsewhere": (
        ("html", "css"),
        r"(?:(?:src|href)\s*=\s*|url\(\s*)[\"']?(?:https?:)?//|@import",
    ),
    "an index is made over a live one": (("py",), r"\.create_in\(|\.refresh\("),
}


# (rule, file): made in the folder of a generation that nobody reads yet
ALLOWED = {("an index is made over a live one", "indexer/whoosh_writer.py"): [".create_in("]}


def broken(rule, text):
    return re.findall(OWN_RULES[rule][1], text, re.IGNORECASE)


@pytest.mark.parametrize("rule", OWN_RULES)
def test_our_own_rules_hold(rule):  # S3 W2
    looked_at = [p for room in ROOMS for kind in OWN_RULES[rule][0] for p in (ROOT / room).rglob(f"*.{kind}")]
    assert looked_at
    for path in looked_at:
        name = path.relative_to(ROOT).as_posix()
        assert broken(rule, path.read_text("utf-8")) == ALLOWED.get((rule, name), []), name


@pytest.mark.parametrize(
    ("rule", "planted"),
    [
        ("escaping is switched off", "{{ title|safe }}"),
        ("escaping is switched off", "{% autoescape false %}"),
        ("markup is put in as text", "x.insertAdjacentHTML('beforeend', y)"),
        ("a script or style stands in a page", "<script>x()</script>"),
        ("a script or style stands in a page", '<p onclick="x()">'),
        ("a script or style stands in a page", '<p style="color:red">'),
        ("something is fetched from elsewhere", '<link href="https://cdn.example/x.css">'),
        ("an index is made over a live one", "i.refresh()"),
        ("an index is made over a live one", "whoosh.index.create_in(path)"),
    ],
)
def test_each_of_our_own_rules_finds_what_is_planted(rule, planted):
    assert broken(rule, planted)
