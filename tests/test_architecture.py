"""The house rules: who may import whom, where foreign libraries live, no cycles between files, no forbidden calls."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"kb": set(), "indexer": {"kb"}, "web": {"kb", "indexer"}}
# the only files of web that may know the engine
WIRING = {"web/app.py", "web/cli.py", "web/cli_export.py", "web/cli_nightly.py", "web/health.py"}
HOMES = {
    "flask": ("web/",),
    "flask_openapi3": ("web/",),
    "gunicorn": ("web/cli.py", "web/patience.py"),
    "whoosh": ("indexer/whoosh_",),
    "jieba": ("kb/dictionary.py",),
    "markdown": ("kb/render.py",),
    "nh3": ("kb/render.py",),
    "pypinyin": ("kb/pinyin.py",),
    "yaml": (
        "kb/frontmatter.py",
        "kb/plainyaml.py",
        "kb/fields.py",
        "kb/registry.py",
        "kb/importer.py",
        "kb/templates.py",
        "kb/editing/forms.py",
        "kb/editing/places.py",
        "kb/editing/scalars.py",
        "kb/publishing/stamp.py",
    ),
    "openpyxl": ("kb/tables.py",),
    "numpy": ("indexer/",),
    "jinja2": ("web/", "kb/reporting/page.py"),
    "watchfiles": ("indexer/watching.py",),
    "opensearchpy": ("indexer/opensearch.py",),
    "sqlalchemy": ("kb/db/",),
    "alembic": ("kb/db/",),
    "argon2": ("kb/passwords.py",),
    "authlib": ("web/oidc.py",),
    "joserfc": ("web/oidc.py",),
    "flask_wtf": ("web/",),
    "flask_limiter": ("web/",),
    "limits": ("web/",),
    "requests": ("web/oidc.py",),
    "prometheus_client": ("web/exposition.py",),
    "merge3": ("kb/publishing/",),
}
FORBIDDEN_NAMES = {"pickle", "marshal", "shelve"}


def sources():
    return sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))


def imports(path):
    """(module, line) for every import of a file, deferred ones included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources(), ids=name)
def test_rooms_are_entered_only_by_those_who_may(path):
    room = name(path).split("/")[0]
    for module, line in imports(path):
        other = module.split(".")[0]
        if other in ROOMS and other != room:
            assert other in ROOMS[room], f"{name(path)}:{line} imports {module}"
            if room == "web" and other == "indexer":
                assert name(path) in WIRING, f"{name(path)}:{line} knows the engine"


@pytest.mark.parametrize("path", sources(), ids=name)
def test_foreign_libraries_stay_in_their_homes(path):
    for module, line in imports(path):
        homes = HOMES.get(module.split(".")[0])
        if homes:
            assert name(path).startswith(homes), f"{name(path)}:{line} imports {module}"
        assert module.split(".")[0] not in FORBIDDEN_NAMES, f"{name(path)}:{line} imports {module}"


def test_files_import_one_another_without_cycles():
    modules = {name(p).removesuffix(".py").replace("/", ".").removesuffix(".__init__"): p for p in sources()}
    graph = {m: {i for i, _ in imports(p) if i in modules and i != m} for m, p in modules.items()}
    done, path = set(), []

    def visit(module):
        assert module not in path, " → ".join([*path[path.index(module) :], module])
        if module in done:
            return
        path.append(module)
        for other in sorted(graph[module]):
            visit(other)
        path.pop()
        done.add(module)

    for module in sorted(graph):
        visit(module)


@pytest.mark.parametrize("path", sources(), ids=name)
def test_dangerous_calls_are_absent(path):
    """Searcher.refresh() served superseded versions; yaml.load needs a loader that makes only plain values."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr != "refresh", f"{name(path)}:{node.lineno}"
            if node.func.attr == "load" and getattr(node.func.value, "id", "") == "yaml":
                assert "BaseLoader" in ast.unparse(node), f"{name(path)}:{node.lineno}"


def test_templates_never_switch_escaping_off():
    for path in (ROOT / "web/templates").rglob("*.html"):
        text = path.read_text("utf-8")
        assert "|safe" not in text.replace(" ", ""), name(path)
        assert "autoescape false" not in text, name(path)


def test_every_module_says_what_it_owns():
    for path in sources():
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), name(path)


def test_every_event_of_the_audit_has_a_chinese_name():
    from kb.publishing.workflow import STEPS
    from web.audit import ACTIONS

    groups = "user|password|setup|draft|publication|feedback|gap|notice|backup|db|audit|database"
    recorded = re.compile(rf'"((?:{groups})\.[a-z_]+)"')
    used = {
        action for path in sources() if path.name != "audit.py" for action in recorded.findall(path.read_text("utf-8"))
    }
    assert "draft.approve" in used
    assert {*used, *(f"draft.{step}" for step in STEPS)} - ACTIONS.keys() == set()
