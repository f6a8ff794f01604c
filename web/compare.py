"""Articles side by side, on a page of its own: /compare?id=…&id=…"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template, request

from kb.answers import Card
from kb.ask import KnowledgeBase
from kb.comparing import LEAST, MOST, compare
from kb.errors import Missing, QuestionError
from kb.types import Article
from kb.visibility import Viewer
from web.access import current_actor, needs
from web.moments import moment


def compare_pages(base: KnowledgeBase) -> Blueprint:
    """The blueprint of the page."""
    pages = Blueprint("compare", __name__)

    @pages.get("/compare")
    @needs("read")
    def page() -> str:
        """The articles named by `id`, two to four of them, as they are in force now or at `at`."""
        as_of = request.args.get("at", "").strip()
        ids = list(dict.fromkeys(request.args.getlist("id")))
        if not LEAST <= len(ids) <= MOST:
            raise QuestionError(f"并排比较要选 {LEAST} 到 {MOST} 篇，现在选了 {len(ids)} 篇：在结果上按 x 选，再按 p。")
        found = [
            _article(base, article_id, current_actor().viewer, moment(as_of, current_actor())) for article_id in ids
        ]
        cards = [card for _, card in found]
        return render_template("compare.html", cards=cards, rows=compare([a for a, _ in found]), as_of=as_of)

    return pages


def _article(base: KnowledgeBase, article_id: str, viewer: Viewer, at: datetime) -> tuple[Article, Card]:
    found = base.article(article_id, viewer, at)
    if found is None:
        raise Missing(f"没有编号为 {article_id[:80]} 的文章，或现在还不生效。")
    stored, card = found
    return stored.article, card
