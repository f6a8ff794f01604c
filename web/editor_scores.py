"""Quality scores of all articles, worked out beside the requests and remembered: a list must not wait for them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from kb.editing.known import KnownLibrary
from kb.editing.review import review
from kb.types import Article

_LOG = logging.getLogger("web.editor")
# between two articles, so that agents who ask meanwhile hardly notice
_PAUSE = 0.005


class Scores:
    """Scores by what an article says and on which day. Safe for threads."""

    def __init__(self, root: Path) -> None:
        """`root`: the articles folder."""
        self._root = root
        self._lock = threading.Lock()
        self._found: dict[tuple[str, date], int] = {}
        self._worker: threading.Thread | None = None

    def of(self, known: KnownLibrary, at: datetime) -> tuple[Mapping[str, int], int]:
        """The scores that are known, by key of the version, and how many are still to come; asking makes them come."""
        with self._lock:
            found = {
                a.key: score for a in known.articles if (score := self._found.get((a.digest, at.date()))) is not None
            }
            missing = [article for article in known.articles if article.key not in found]
            if missing and (self._worker is None or not self._worker.is_alive()):
                self._worker = threading.Thread(
                    target=self._work, args=(known, missing, at), name="kb-scores", daemon=True
                )
                self._worker.start()
        return found, len(missing)

    def _work(self, known: KnownLibrary, missing: list[Article], at: datetime) -> None:
        kept = {article.digest for article in known.articles}
        with self._lock:
            self._found = {key: score for key, score in self._found.items() if key[0] in kept and key[1] == at.date()}
        for article in missing:
            try:
                score = _score(self._root, article, known, at)
            except Exception:  # one article must not keep the others from their scores
                _LOG.exception("no score for %s", article.path)
                score = 0
            with self._lock:
                self._found[article.digest, at.date()] = score
            time.sleep(_PAUSE)


def _score(root: Path, article: Article, known: KnownLibrary, at: datetime) -> int:
    text = (root / article.path).read_text("utf-8-sig", "replace")
    return review(text, article.path, known, at).quality.score
