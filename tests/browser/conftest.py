"""A real service over the repository's own articles, and Debian's Chromium. Every page is watched for what must not happen."""

import os
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from desk import Desk
from live import live
from playwright.sync_api import sync_playwright
from web_people import make_app

from indexer import build as building
from indexer.engines import follow
from kb.clock import now
from kb.db.engine import Database
from web.app import create_app

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


# what an agent does in a call: the same on one machine and on many; KB_SETUPS=all runs everything twice
BOTH = {"test_flow", "test_safety", "test_ten_questions"}
ONE, MANY = "one-machine", "cluster"


def pytest_generate_tests(metafunc):
    both = metafunc.module.__name__ in BOTH or os.environ.get("KB_SETUPS") == "all"
    if "setup" in metafunc.fixturenames and both:
        metafunc.parametrize("setup", [ONE, MANY], indirect=True, scope="session")


@pytest.fixture(scope="session")
def setup(request):
    """Whether one machine has everything, or a node without articles asks a cluster."""
    return getattr(request, "param", ONE)


@pytest.fixture(scope="session")
def service(setup, sample_settings, request, tmp_path_factory):
    """The address of a running service."""
    settings = sample_settings
    if setup == MANY:
        cluster = request.getfixturevalue("opensearch")
        whole = replace(settings, search_url=tuple(cluster.urls), search_prefix="browser")
        follow(whole, now())
        settings = replace(whole, articles=Path("nowhere"), var=tmp_path_factory.mktemp("desk"))
    with live(create_app(settings)) as address:
        yield address


@pytest.fixture
def app(settings, setup, request):
    """An application of this test alone, over a small library, with a database; the workbench of a cluster, if it is one."""
    if setup == MANY:
        cluster = request.getfixturevalue("opensearch")
        settings = replace(settings, search_url=tuple(cluster.urls), search_prefix=f"b{uuid4().hex[:12]}")
        building.build(settings, now())
        follow(settings, now())
    return make_app(settings)


@pytest.fixture
def database(settings, app):
    database = Database(settings.database)
    yield database
    database.close()


@pytest.fixture
def address(app):
    """The address at which the application of this test is served."""
    with live(app) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    """The browser; a machine without it fails unless it says that it wants to skip."""
    if not CHROMIUM.exists():
        message = f"{CHROMIUM} is not installed (tests/run installs it; KB_SKIP_BROWSER=1 skips these tests)"
        if os.environ.get("KB_SKIP_BROWSER") == "1":
            pytest.skip(message)
        pytest.fail(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def open_desk(chromium, service):
    """Makes pages with the given context options; nothing may go wrong in their consoles or leave the service."""
    contexts, troubles = [], []

    def opened(path="/", **options):
        context = chromium.new_context(viewport=options.pop("viewport", {"width": 400, "height": 800}), **options)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=service)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        page.on("console", lambda m: troubles.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
        page.on("request", lambda r: None if r.url.startswith(service) else troubles.append(f"foreign: {r.url}"))
        return Desk(page, service).open(path)

    opened.troubles = troubles
    yield opened
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture
def desk(open_desk):
    """The page in a side panel of 400 pixels."""
    return open_desk()
