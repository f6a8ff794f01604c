"""A library that is indexed once for a module, and copies of it that a test may change."""

import shutil
from functools import lru_cache

from indexer import generations
from indexer.backends import CurrentSearcher
from kb.settings import Settings


def settings_in(folder):
    """Settings over a folder of articles and an index of their own."""
    return Settings(articles=folder / "articles", var=folder / "var")


def copied(settings, folder):
    """The same articles and index in another folder."""
    made = settings_in(folder)
    shutil.copytree(settings.articles, made.articles)
    shutil.copytree(settings.var, made.var, symlinks=True)
    return made


def source(settings):
    """What asks the generation that serves now."""
    return _opened(settings, generations.current_name(settings.index))


@lru_cache(4)
def _opened(settings, generation):
    return CurrentSearcher(settings)
