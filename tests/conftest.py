"""Folders and indexes that the tests share. Every index is a real one."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from builders import write_small_library
from database import any_database, database, empty_database, migrated_file, postgres  # noqa: F401 - fixtures
from hypothesis import settings as property_settings
from opensearch_cluster import Cluster

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import SHANGHAI, now
from kb.library import load_library
from kb.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
# no test fails for being slow on a busy machine
property_settings.register_profile("unhurried", property_settings.default, deadline=None)
property_settings.load_profile("unhurried")
AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="session")
def at():
    """The moment at which the tests ask."""
    return AT


@pytest.fixture
def settings(tmp_path):
    """Settings over folders of this test alone, with a library of five articles; no index yet."""
    articles = tmp_path / "articles"
    write_small_library(articles)
    return Settings(articles=articles, var=tmp_path / "var")


@pytest.fixture(scope="session")
def sample_settings(tmp_path_factory):
    """The repository's own articles, indexed once."""
    settings = Settings(articles=ROOT / "articles", var=tmp_path_factory.mktemp("sample"))
    building.build(settings, now())
    return settings


@pytest.fixture(scope="session")
def sample(sample_settings):
    """What the service knows with the repository's own articles."""
    return KnowledgeBase(CurrentSearcher(sample_settings))


@pytest.fixture(scope="session")
def sample_articles():
    """The repository's own articles, as their files say it."""
    return load_library(ROOT / "articles").articles


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory):
    """A search cluster of three nodes, for all tests; indices are told apart by their prefix."""
    if os.environ.get("KB_SKIP_OPENSEARCH") == "1":
        pytest.skip("KB_SKIP_OPENSEARCH=1")
    with Cluster.start(tmp_path_factory.mktemp("opensearch")) as cluster:
        yield cluster
