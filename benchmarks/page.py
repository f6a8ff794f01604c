"""From a keystroke to the painted answer, in a real Chromium, as an agent types.

    python -m benchmarks.page --json figures.json           # the articles that come along, their own test queries
    python -m benchmarks.page --articles 10000 --work /tmp/bench --json figures.json

With --articles the articles that come along stand among imported or generated ones; half of the questions are their test
queries, the others are sampled. Serves the index, types the questions character by character (100 ms apart, as fast typists
do) and waits for each question's answer. Milliseconds from the event of the last keystroke, until its answer was put on the
page, and until two frames later, when it is painted for certain.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.ask import questions_of
from benchmarks.corpus import settings_for
from benchmarks.generated import REPOSITORY_ARTICLES
from benchmarks.questions import sample_questions
from benchmarks.report import Chart, Progress, Report, arguments, percentiles, work_folder
from benchmarks.service import kb_serve
from indexer.build import update
from kb.clock import now
from kb.library import article_files
from kb.settings import Settings

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# typed before anything is measured: fills the caches of every worker
_WARMING = 10
# resolves two frames after the answer to `question` was put on the page: it is painted then. Counts from the keystroke's own
# time stamp, so that the way from this program to the browser is not measured.
_PAINTED = """question => {
  const form = document.querySelector('#ask');
  let began = 0;
  document.querySelector('#line').addEventListener('input', event => { began = event.timeStamp; }, {capture: true, once: true});
  return new Promise(done => {
    const watch = new MutationObserver(() => {
      if (form.dataset.answered !== question) return;
      watch.disconnect();
      const there = performance.now() - began;
      requestAnimationFrame(() => requestAnimationFrame(() => done([there, performance.now() - began])));
    });
    watch.observe(form, {attributes: true, attributeFilter: ['data-answered']});
  });
}"""


def type_questions(page: Page, questions: Sequence[str]) -> list[tuple[float, float]]:
    """Seconds from each question's last keystroke until its answer is on the page, and until it is painted."""
    spent = []
    with Progress("typing") as progress:
        for question in questions:
            page.fill("input[name=q]", "")
            page.wait_for_timeout(250)
            page.type("input[name=q]", question[:-1], delay=100)
            page.wait_for_timeout(300)
            page.evaluate("question => { window.painted = (" + _PAINTED + ")(question); }", question.strip())
            page.keyboard.insert_text(question[-1])
            there, painted = page.evaluate("() => window.painted")
            spent.append((there / 1000, painted / 1000))
            progress(len(spent), len(questions))
    return spent


def mixed_questions(articles: Path, most: int, seed: int, file: Path | None) -> list[str]:
    """Test queries of the articles for half of them, sampled ones and the file's lines for the rest."""
    own = questions_of(articles, max(1, most // 2))
    return own + sample_questions(articles, most - len(own), seed, file)


def measure_folder(settings: Settings, questions: Sequence[str], report: Report) -> None:
    """The figures for one folder of articles."""
    with Progress("indexing") as progress:
        update(settings, now(), progress)
    with kb_serve(settings) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 400, "height": 900})
        page.goto(service.url("/"))
        type_questions(page, questions[:: max(1, len(questions) // _WARMING)])
        spent = type_questions(page, questions)
        browser.close()
    articles = sum(1 for _ in article_files(settings.articles))
    for what, seconds in zip(("keystroke to page", "keystroke to paint"), zip(*spent, strict=True), strict=True):
        times = {f"{name}_ms": value for name, value in percentiles(seconds).items()}
        report.add(articles=articles, what=what, questions=len(questions), **times)


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes, or the folder as it is."""
    report = Report("page")
    with work_folder(chosen.work) as work:
        for count in chosen.articles or ():
            settings = settings_for(work, chosen.source, count, chosen.seed, with_own=True)
            questions = mixed_questions(settings.articles, chosen.questions, chosen.seed, chosen.question_file)
            measure_folder(settings, questions, report)
    if not chosen.articles:
        articles = chosen.source or REPOSITORY_ARTICLES
        with work_folder(None) as var:
            measure_folder(Settings(articles=articles, var=var), questions_of(articles, chosen.questions), report)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__, sizes=None, questions=40)
    chosen = parser.parse_args(argv)
    if not chosen.articles and chosen.question_file:
        parser.error("--question-file needs --articles: without it the articles' own test queries are typed")
    if not chosen.articles and chosen.source and not chosen.source.is_dir():
        parser.error("--source is no folder: say with --articles how many of its rows are taken")
    measure(chosen).finish(chosen, Chart("articles", ("p50_ms", "p95_ms"), ("what",)))


if __name__ == "__main__":
    main()
