"""From a keystroke to the painted answer, in a real Chromium, as an agent types.

    python -m benchmarks.page --json figures.json

Builds an index of the articles in a temporary folder, serves it, types the articles' test queries character by character (100 ms
apart, as fast typists do) and waits for each question's answer. Milliseconds; includes the page's own pause before it asks.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.ask import percentiles, questions_of
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
# resolves two frames after the results changed: the answer is painted then
_PAINTED = """() => {
  const began = performance.now();
  return new Promise(done => {
    const watch = new MutationObserver(() => {
      watch.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    });
    watch.observe(document.querySelector('main'), {childList: true, subtree: true, characterData: true});
  });
}"""


@contextlib.contextmanager
def served(articles: Path, var: Path) -> Iterator[str]:
    """Address of `kb serve` in a process of its own, as in production."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "KB_ARTICLES": str(articles), "KB_VAR": str(var), "KB_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-c", "from kb.cli import main; main()", "serve"], env=env)
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}readyz"):  # noqa: S310 (own address)
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def type_questions(page: Page, questions: list[str]) -> list[float]:
    """Seconds from each question's last keystroke to its painted answer."""
    spent = []
    for question in questions:
        page.fill("input[name=q]", "")
        page.wait_for_timeout(250)
        page.type("input[name=q]", question[:-1], delay=100)
        page.wait_for_timeout(300)
        page.evaluate("() => { window.painted = (" + _PAINTED + ")(); }")
        page.keyboard.insert_text(question[-1])
        spent.append(float(page.evaluate("() => window.painted")) / 1000)
    return spent


def measure(articles: Path, most: int) -> dict[str, object]:
    """The figures for one folder of articles."""
    questions = questions_of(articles, 10_000)
    chosen = questions[:: max(1, len(questions) // most)][:most]
    with tempfile.TemporaryDirectory() as var:
        build(Settings(articles=articles, var=Path(var)), now())
        with served(articles, Path(var)) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 400, "height": 900})
            page.goto(address)
            type_questions(page, chosen[:10])  # warms caches in every worker
            spent = type_questions(page, chosen)
            browser.close()
    return {"questions": len(chosen), "keystroke_to_paint_ms": percentiles(spent)}


def main() -> None:
    """Measure, print a table, write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=Path("articles"))
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    figures = measure(chosen.articles, chosen.questions)
    for name, value in figures.items():
        print(f"{name:24} {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
