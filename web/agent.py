"""The agent's page: one question line, answers below it. Questions travel by POST, so that no log holds them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, render_template, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from kb.answers import FACETS, Card, Line
from kb.ask import Answer, KnowledgeBase
from kb.calls import call_id
from kb.errors import IndexProblem, KBError
from kb.query import MAX_QUESTION
from web.access import current_actor, needs
from web.almanac import Almanac
from web.moments import moment
from web.rendered import Rendered, render_parts

EXAMPLES = ("改绑手机号", "信用卡账单日怎么调整", "跨行转账手续费", "存款保险赔多少", "有人让我转到安全账户")
# what a badge has room for; the full text is `kb.types.IDENTITY`
_IDENTITY_SHORT = {"L0": "免核身", "L1": "核姓名", "L2": "核三要素", "L3": "三要素加密码", "LX": "电话不办"}
# lines that stand above the fold
LINES_ABOVE = 3
# letters of the chips, best first: side by side under the right hand, and no other key of the desk
CHIP_KEYS = "hjklm"
_TONES = (("short", "简短"), ("elder", "适老"), ("soothe", "安抚"))
# what the templates of a card name, imported macros too
CARD_WORDS = {
    "identity_short": _IDENTITY_SHORT,
    "tone_names": _TONES,
    "facet_names": FACETS,
    "chip_keys": CHIP_KEYS,
}

Page = tuple[str, int]


def agent_pages(base: KnowledgeBase, almanac: Almanac) -> Blueprint:
    """The blueprint of the page, its results and the articles."""
    pages = Blueprint("agent", __name__)
    pages.record_once(_name_words)
    rendered = Rendered()

    @pages.get("/")
    @needs("read")
    def page() -> Page:
        """The page; with ?q= it brings the answers along, for browsers without JavaScript; ?call= begins a call."""
        question, as_of, call = (request.args.get(name, "") for name in ("q", "at", "call"))
        as_of = as_of.strip()
        asked = question.strip() or as_of
        results, status = _results(base, rendered, almanac, request.args) if asked else _begun(call)
        if not question.strip() and status == 200:
            results = ""
        shown = render_template(
            "agent.html",
            question=question[:MAX_QUESTION],
            as_of=as_of,
            call="" if status == 400 else call,
            results=Markup(results),  # noqa: S704 - rendered by Jinja with autoescape
            examples=EXAMPLES,
            longest=MAX_QUESTION,
        )
        return shown, status

    @pages.post("/ask")
    @needs("read")
    def ask() -> Page:
        """The results as a fragment, for answers as you type."""
        return _results(base, rendered, almanac, request.form)

    @pages.get("/articles/<article_id>")
    @needs("read")
    def article(article_id: str) -> Page | Response:
        """A whole article with its card; a browser that has it as it is now is told so."""
        as_of = request.args.get("at", "").strip()
        at = moment(as_of, current_actor())
        found = base.article(article_id, current_actor().viewer, at)
        if found is None:
            message = f"没有编号为 {article_id[:80]} 的文章，或现在还不生效。"
            return render_template("error.html", status=404, message=message), 404
        stored, card = found
        # nh3 cleaned the HTML when the index was made
        sections = [(part.section, Markup(part.html)) for part in stored.sections]  # noqa: S704
        told = told_lines(card)
        above = told[:LINES_ABOVE]
        parts = render_parts(card, told, told[LINES_ABOVE:], as_of, linked=False, today=almanac.today(at))
        shown = render_template(
            "article.html", article=stored.article, card=card, lines=above, parts=parts, sections=sections, as_of=as_of
        )
        response = Response(shown, headers={"Cache-Control": "private, no-cache"})
        response.add_etag()
        response.make_conditional(request)
        return response

    return pages


def _results(base: KnowledgeBase, rendered: Rendered, almanac: Almanac, fields: Mapping[str, str]) -> Page:
    """The fragment that answers a form; a problem is a sentence in the same place."""
    as_of = fields.get("at", "").strip()
    try:
        call = call_id(fields.get("call", ""))
        answer = base.ask(fields.get("q", ""), current_actor().viewer, moment(as_of, current_actor()), call=call)
    except KBError as error:
        return problem_page(error)
    return results_page(answer, rendered, almanac, as_of), 200


def results_page(answer: Answer, rendered: Rendered, almanac: Almanac, as_of: str) -> str:
    """The fragment with the cards of an answer."""
    shown = []
    today = almanac.today(answer.at)
    for card in (*answer.alerts, *answer.cards):
        told = told_lines(card)
        above, rest = told[:LINES_ABOVE], told[LINES_ABOVE:]
        shown.append((card, above, rendered.parts(card, told, rest, answer.generation, as_of, today)))
    return render_template("results.html", answer=answer, shown=shown, as_of=as_of)


def _begun(call: str) -> Page:
    """Nothing yet to a call that begins; a problem where its id cannot be used."""
    try:
        call_id(call)
    except KBError as error:
        return problem_page(error)
    return "", 200


def problem_page(error: KBError) -> Page:
    """The fragment that says why there is no answer."""
    status = 503 if isinstance(error, IndexProblem) else 400
    return render_template("_problem.html", message=str(error), status=status), status


def told_lines(card: Card) -> list[Line]:
    """The lines of a card; why it cannot be done by phone has a place of its own."""
    return [line for line in card.lines if line.source != "by_phone_why"]


def _name_words(state: BlueprintSetupState) -> None:
    """Make the words that every template of the page may need known to imported macros too."""
    state.app.jinja_env.globals.update(CARD_WORDS)
