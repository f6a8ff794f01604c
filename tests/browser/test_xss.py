"""Nothing that somebody writes runs in anybody's browser: with the policy taken away, and with the cleaning taken away (W1)."""

import re
from contextlib import contextmanager

import pytest
from builders import article_text, write_article
from live import live
from test_offline_page import write_pack
from web_people import csrf, make_app, sign_in
from xss import vectors

from indexer import build as building
from kb import render
from kb.clock import now
from kb.settings import Settings
from web.app import IDENTITY, SERVICES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

VECTORS = vectors()
# titles and phrasings have few characters
SHORT = [v for v in VECTORS if len(v) <= 40 and v.isprintable()][:351]
ON_A_PAGE = 9
NUMBER = re.compile(r"\((\d+)\)")
IN_A_BODY = 120
IN_A_FRAME = 40
TOLD = "window.go = (n) => console.log(`RAN ${n}`)"
# what would run when somebody follows it or points at it
WAITING = """() => [...document.querySelectorAll("*")].filter((element) =>
  /^(javascript|data|vbscript):$/.test(element.protocol || "") || [...element.attributes].some((a) => a.name.startsWith("on"))
).map((element) => element.outerHTML)"""
# would keep the rest of a page from being read as markup, or lead away from it
SWALLOWING = re.compile(
    "</?(?:template|textarea|script|style|title|select|noscript)|<!--|http-equiv|\x00", re.IGNORECASE
)


def chunks(found, size):
    return [found[at : at + size] for at in range(0, len(found), size)]


def body_of(found):
    return "## 内容\n\n" + "\n\n".join(f"甲乙丙\n\n{vector}" for vector in found)


def write_library(root):
    """Every short vector as a title, an answer and phrasings; all of them in bodies."""
    for number, vector in enumerate(SHORT):
        group = f"qx{number // ON_A_PAGE}"
        questions = [f"{group}{end}{vector}" for end in ("吧", "呀", "啊", "嘛", "呢", "哦")]
        write_article(root, f"short-{number}", title=vector, questions=questions, answer=f"{group}：{vector}")
    for number, found in enumerate(chunks(VECTORS, IN_A_BODY)):
        write_article(
            root, f"long-{number}", title=f"长文{number}", body=body_of([v for v in found if "\x00" not in v])
        )


@contextmanager
def served(settings):
    """The application, and its address."""
    app = make_app(settings)
    with live(app) as address:
        yield app, address


class Watched:
    """A page that tells what ran in it."""

    def __init__(self, context, *, policy):
        context.add_init_script(TOLD)
        self.page = context.new_page()
        self.ran, self.waiting, self.seen = set(), [], set()
        self.page.on("console", lambda m: self.ran.add(m.text) if m.text.startswith("RAN") else None)
        if not policy:
            self.page.route("**/*", self._without_policy)

    def _without_policy(self, route):
        if route.request.resource_type != "document":
            route.continue_()
            return
        answer = route.fetch()
        left = {k: v for k, v in answer.headers.items() if k not in ("content-security-policy", "x-frame-options")}
        route.fulfill(response=answer, headers=left)

    def visit(self, address):
        self.page.goto(address)
        # what runs by itself does so at once, or after an image that is not there
        self.page.wait_for_timeout(30)
        return self.looked()

    def looked(self):
        """Note which vectors stand in the page as it is now, and what of it would run later."""
        self.seen |= set(NUMBER.findall(self.page.content()))
        self.waiting += self.page.evaluate(WAITING)
        return self


@pytest.fixture
def watch(chromium):
    """Makes watched pages; `policy`: whether the Content-Security-Policy holds."""
    contexts = []

    def made(policy, cookies=()):
        context = chromium.new_context(viewport={"width": 1000, "height": 800})
        contexts.append(context)
        context.add_cookies(list(cookies))
        return Watched(context, policy=policy)

    yield made
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A library in which every text tries to run something, and its index."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = Settings(articles=folder / "articles", var=folder / "var", ask_limit=0, learned=False)
    write_library(settings.articles)
    built = building.build(settings, now())
    # a link to nowhere is an error of its article, which is shown all the same
    assert {p.message[-8:] for p in built.problems if p.level == "error"} <= {"，没有这篇文章。"[-8:]}
    assert built.added == len(SHORT) + len(chunks(VECTORS, IN_A_BODY))
    return settings


def signed_in(app, address, role="agent editor lead approver"):
    client = sign_in(app, role)
    name = app.extensions[IDENTITY].cookie
    return client, [{"name": name, "value": client.get_cookie(name).value, "url": address}]


def number_of(app, draft):
    return app.extensions[SERVICES].workbench.draft(int(draft)).number


def nothing(watched, least):
    assert len(watched.seen) >= least
    assert watched.ran == set()
    assert watched.waiting == []


def test_there_are_enough_of_them_and_each_is_told_apart():
    assert len(VECTORS) == len(set(VECTORS)) >= 1000
    assert len(SHORT) >= 350


def test_cards_with_their_marks_run_nothing_without_the_policy(hostile, watch):  # row 64 W1
    with served(hostile) as (_, address):
        watched = watch(policy=False)
        for group in range(len(SHORT) // ON_A_PAGE):
            watched.visit(f"{address}/?q=qx{group}")
        for place, vector in enumerate(SHORT):
            if not watched.seen & set(NUMBER.findall(vector)):
                watched.visit(f"{address}/articles/short-{place}")
        # words of the markup are marked, so that it is cut into pieces
        for words in (
            "script+src",
            "onerror+img+x",
            "svg+onload",
            "iframe+body+href",
            "autofocus+onfocus+input",
            "go+data+lt",
        ):
            watched.visit(f"{address}/?q={words}")
            assert watched.page.locator("mark").count()
        nothing(watched, len(SHORT))
        # as it is drawn while somebody types
        watched.visit(address)
        for group in (1, 7, 20):
            with watched.page.expect_response("**/ask"):
                watched.page.locator("#line").fill(f"qx{group} <img src=x onerror=go(9{group})>")
            watched.page.wait_for_timeout(200)
            watched.looked()
        nothing(watched, len(SHORT))


def test_articles_and_comparisons_run_nothing_without_the_policy(hostile, watch):  # row 64 W1
    with served(hostile) as (_, address):
        watched = watch(policy=False)
        for number in range(len(chunks(VECTORS, IN_A_BODY))):
            watched.visit(f"{address}/articles/long-{number}")
        watched.visit(f"{address}/compare?id=short-1&id=short-2&id=short-3&id=short-4")
        watched.visit(f"{address}/explain?q=qx1")
        nothing(watched, 900)


def test_what_agents_and_leads_send_runs_nothing_without_the_policy(hostile, watch):  # row 64 W1
    with served(hostile) as (app, address):
        client, cookies = signed_in(app, address)
        held = {"X-CSRFToken": csrf(client)}

        def send(path, **fields):
            answer = client.post(path, data=fields, headers=held)
            assert answer.status_code in (200, 302), (path, answer.text)

        for number, found in enumerate(chunks(SHORT, 6)):
            text = "\n".join(found)
            send("/report/feedback", kind="wrong", article=f"short-{number}@1", q=found[0], text=text)
            send("/report/gap", q=" ".join(found[:4]))
            if number % 6 == 0:
                send("/notices/new", title=found[0], text=text, expires=str(now().date()))
        watched = watch(policy=False, cookies=cookies)
        pages = (
            "/inbox/feedback",
            "/inbox/feedback/1",
            "/inbox/gaps",
            "/inbox/gaps/1",
            "/report/mine",
            "/notices/",
            "/notices/1",
            "/",
        )
        for path in pages:
            watched.visit(address + path)
        nothing(watched, 300)


def test_the_preview_and_the_editor_run_nothing_without_the_policy(hostile, watch):  # row 64 W1
    with served(hostile) as (app, address):
        client, cookies = signed_in(app, address)
        watched = watch(policy=False, cookies=cookies)
        for number, found in enumerate(chunks([v for v in VECTORS if "\x00" not in v], 3 * IN_A_BODY)):
            begun = client.post(
                "/edit/begin", data={"path": f"processes/long-{number}.md"}, headers={"X-CSRFToken": csrf(client)}
            )
            draft = re.search(r"/drafts/(\d+)", begun.headers["Location"])[1]
            text = article_text(f"long-{number}", title=SHORT[number], answer=SHORT[number + 9], body=body_of(found))
            seen = client.post(
                f"/edit/drafts/{draft}/save",
                data={"view": "source", "number": number_of(app, draft), "text": text},
                headers={"X-CSRFToken": csrf(client)},
            )
            assert seen.status_code < 400, seen.text
            for page in ("preview", "write?view=source", ""):
                watched.visit(f"{address}/edit/drafts/{draft}/{page}".rstrip("/"))
        nothing(watched, 900)


def test_the_offline_pack_runs_nothing_without_its_policy(hostile, watch, tmp_path):  # row 64 W1
    file = write_pack(hostile, tmp_path / "pack.html")
    page = file.read_text("utf-8")
    bare = re.sub(r"<meta[^>]*Content-Security-Policy[^>]*>", "", page, flags=re.IGNORECASE)
    assert bare != page
    file.write_text(bare, encoding="utf-8")
    watched = watch(policy=True).visit(file.as_uri())
    line = watched.page.locator("input").first
    for group in (*range(0, len(SHORT) // ON_A_PAGE, 4), "长文"):
        line.fill(f"qx{group}" if isinstance(group, int) else group)
        watched.page.wait_for_timeout(150)
        watched.looked()
    nothing(watched, 900)


# the other wall


@pytest.fixture(scope="module")
def uncleaned(tmp_path_factory):
    """A library whose bodies were put into the index as they were written: nothing was escaped, nothing cleaned."""
    folder = tmp_path_factory.mktemp("uncleaned")
    settings = Settings(articles=folder / "articles", var=folder / "var", ask_limit=0, learned=False)
    for number, found in enumerate(chunks(VECTORS, IN_A_FRAME)):
        kept = [v for v in found if not SWALLOWING.search(v)]
        write_article(
            settings.articles, f"raw-{number}", title=f"原文{number}", body="## 内容\n\n" + "\n\n".join(kept or ["无"])
        )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(render, "to_html", lambda source: source)
        patched.setattr(render, "convert_markdown", lambda source: source)
        building.build(settings, now())
    return settings


@pytest.mark.parametrize("policy", [True, False])
def test_the_policy_alone_lets_nothing_run_and_without_both_walls_much_does(uncleaned, watch, policy):  # W1
    with served(uncleaned) as (_, address):
        watched = watch(policy=policy)
        for number in range(len(chunks(VECTORS, IN_A_FRAME))):
            watched.visit(f"{address}/articles/raw-{number}")
    assert len(watched.seen) > 300
    assert watched.ran == set() if policy else len(watched.ran) > 100
