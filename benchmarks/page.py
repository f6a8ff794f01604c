"""From a keystroke to the painted answer, in a real Chromium, as an agent types.

    python -m benchmarks.page --json figures.json

Builds an index of the articles in a temporary folder, serves it, types the articles' test queries character by character (100 ms
apart, as fast typists do) and waits for each question's answer. Milliseconds, from the event of the last keystroke until two frames
after its answer was put on the page.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.ask import questions_of
from benchmarks.generated import REPOSITORY_ARTICLES
from benchmarks.report import Chart, Progress, Report, percentiles, result_options, work_folder
from benchmarks.service import kb_serve
from indexer.build import build
from kb.clock import now
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
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    });
    watch.observe(form, {attributes: true, attributeFilter: ['data-answered']});
  });
}"""


def type_questions(page: Page, questions: list[str]) -> list[float]:
    """Seconds from each question's last keystroke to its painted answer."""
    spent = []
    for question in questions:
        page.fill("input[name=q]", "")
        page.wait_for_timeout(250)
        page.type("input[name=q]", question[:-1], delay=100)
        page.wait_for_timeout(300)
        page.evaluate("question => { window.painted = (" + _PAINTED + ")(question); }", question.strip())
        page.keyboard.insert_text(question[-1])
        spent.append(float(page.evaluate("() => window.painted")) / 1000)
    return spent


def measure(articles: Path, most: int) -> Report:
    """The figures for one folder of articles."""
    chosen = questions_of(articles, most)
    report = Report("page")
    with work_folder(None) as var:
        settings = Settings(articles=articles, var=var)
        with Progress("indexing") as progress:
            build(settings, now(), progress)
        with kb_serve(settings) as service, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 400, "height": 900})
            page.goto(service.url("/"))
            with Progress("typing"):
                type_questions(page, chosen[:10])  # warms caches in every worker
                spent = type_questions(page, chosen)
            browser.close()
    times = {f"{name}_ms": value for name, value in percentiles(spent).items()}
    report.add(what="keystroke to paint", questions=len(chosen), **times)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=REPOSITORY_ARTICLES, help="folder of articles")
    parser.add_argument("--questions", type=int, default=40, help="at most so many (default 40)")
    result_options(parser)
    chosen = parser.parse_args(argv)
    measure(chosen.source, chosen.questions).finish(chosen, Chart("what", ("p50_ms", "p99_ms")))


if __name__ == "__main__":
    main()
