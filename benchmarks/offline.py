"""The offline pack: how large it is, how long making and asking it takes, and how well it finds what the service finds.

    python -m benchmarks.offline                      # the articles that come along, their own test queries
    python -m benchmarks.offline --source FOLDER

Builds an index in a temporary folder and the pack from it, opens the file from the disk in Chromium without a network, and asks
the test queries of the articles in it; the same are asked of the service's search. Times are from the input event until the
cards stand in the page, laid out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.generated import REPOSITORY_ARTICLES
from benchmarks.page import CHROMIUM, FLAGS
from benchmarks.report import Chart, Progress, Report, percentile, percentiles, result_options, work_folder
from indexer.backends import CurrentSearcher
from indexer.build import build
from indexer.offline import Copy, make_copy
from kb.backend import Searcher
from kb.clock import now
from kb.editing.asking import Asking, Question, questions_to
from kb.evaluating.evaluation import evaluate
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.offline import offline_page

# asked at once in the page: keys of the cards, and milliseconds until the first ones are laid out
_ASK = """questions => questions.map(question => {
  const line = document.querySelector('#line');
  line.value = question;
  const began = performance.now();
  line.dispatchEvent(new InputEvent('input'));
  document.body.offsetHeight;
  const spent = performance.now() - began;
  // draws what the window had no room for
  line.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}));
  return [[...document.querySelectorAll('#results .card')].map(card => card.dataset.key), spent];
})"""
_AT_ONCE = 50
Answers = list[tuple[list[str], float]]


def ask_pack(page: Page, questions: Sequence[str]) -> Answers:
    """What the open pack answers: keys of the cards, best first, and milliseconds."""
    answers: Answers = []
    with Progress("asking the pack") as progress:
        for first in range(0, len(questions), _AT_ONCE):
            answers += page.evaluate(_ASK, list(questions[first : first + _AT_ONCE]))
            progress(len(answers), len(questions))
    return answers


def golden(copy: Copy, most: int) -> list[Question]:
    """The test queries of the articles in the copy, at most so many, from all of them alike; asked by an agent without a name."""
    of_all = [q for stored in copy.versions for q in questions_to(stored.article, "golden")]
    asked = [Question(q.text, q.article_id, q.kind, ANYBODY) for q in of_all]
    return asked[:: -(-len(asked) // most)] if asked else []


def add_pack(report: Report, questions: Sequence[Question], answers: Answers) -> None:
    """How well the pack answers, and how fast."""
    places = [
        next((place for place, key in enumerate(keys, 1) if key.rpartition("@")[0] in question.expected), 99)
        for question, (keys, _) in zip(questions, answers, strict=True)
    ]
    total = max(len(questions), 1)
    times = {f"{name}_ms": value for name, value in percentiles(spent / 1000 for _, spent in answers).items()}
    hit1, hit3 = (sum(place <= top for place in places) / total for top in (1, 3))
    report.add(what="pack", questions=len(questions), hit1=round(hit1, 4), hit3=round(hit3, 4), **times)


def add_service(report: Report, searcher: Searcher, questions: Sequence[Question]) -> None:
    """The same of the service's search."""
    with Progress("asking the service") as progress:
        found = evaluate(Asking(searcher, now()), questions, progress).figures
    report.add(what="service", questions=found.asked, hit1=round(found.hit1, 4), hit3=round(found.hit3, 4))


def opened(page: Page, file: Path) -> float:
    """Milliseconds until a file stands open, with its tables read."""
    began = time.perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector("#ask[data-answered]")
    return (time.perf_counter() - began) * 1000


def measure(articles: Path, most: int) -> Report:
    """All figures for one folder of articles."""
    report = Report("offline")
    with work_folder(None) as work:
        settings = Settings(articles=articles, var=work / "var")
        with Progress("indexing") as progress:
            build(settings, now(), progress)
        searcher = CurrentSearcher(settings).searcher()
        began = time.perf_counter()
        copy = make_copy(searcher, now(), timedelta(0))
        page = offline_page(copy, searcher, lambda done, total: None)
        report.remarks.append(
            f"{len(copy.versions)} articles, {len(page) / 1e6:.2f} MB, made in {time.perf_counter() - began:.1f} s"
        )
        file = work / "pack.html"
        file.write_bytes(page)
        questions = golden(copy, most)
        _measure_page(report, file, questions)
        add_service(report, searcher, questions)
    return report


def _measure_page(report: Report, file: Path, questions: Sequence[Question]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(offline=True, viewport={"width": 400, "height": 900}).new_page()
        openings = [opened(page, file) for _ in range(3)]
        report.remarks.append(f"open after {percentile(openings, 0.5):.0f} ms")
        texts = [question.text for question in questions]
        ask_pack(page, texts[:_AT_ONCE])
        add_pack(report, questions, ask_pack(page, texts))
        browser.close()


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=REPOSITORY_ARTICLES, help="folder of articles")
    parser.add_argument("--questions", type=int, default=2000, help="at most so many (default 2000)")
    result_options(parser)
    chosen = parser.parse_args(argv)
    measure(chosen.source, chosen.questions).finish(chosen, Chart("what", ("hit1", "hit3")))


if __name__ == "__main__":
    main()
