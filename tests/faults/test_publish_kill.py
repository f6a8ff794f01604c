"""kill -9 in the middle of publishing: nothing is lost, nothing is half written, nobody repairs anything, nobody notices."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from publishing_desk import indexed_desk
from together import Together

from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.visibility import ANYBODY

HERE = Path(__file__).resolve().parent
ROUNDS = 50


class Agents(Together):
    """People who ask all the time; what went wrong for them."""

    def __init__(self, settings):
        self.base = KnowledgeBase(CurrentSearcher(settings))
        self.asked, self.troubles = 0, []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]

    def _ask(self):
        while not self._over.wait(0.005):
            try:
                answer = self.base.ask("卡坏了怎么换", ANYBODY, now())
            except Exception as error:
                self.troubles.append(repr(error))
                continue
            self.asked += 1
            if not answer.cards or answer.cards[0].id != "replace-card":
                self.troubles.append([card.id for card in answer.cards])


@pytest.mark.timeout(420)
def test_killed_anywhere_nothing_is_lost(settings, database):  # row 68, D1
    indexed_desk(settings, database)
    command = [
        sys.executable,
        "-W",
        "ignore",
        str(HERE / "publishing_rounds.py"),
        str(settings.articles),
        str(settings.var),
    ]
    with Agents(settings) as agents:
        run = subprocess.run(
            [*command, str(ROUNDS), "7"], capture_output=True, text=True, check=False, cwd=HERE.parent.parent,
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["troubles"] == []
    assert found["acknowledged"] > 0
    assert agents.troubles == []
    assert agents.asked > ROUNDS


def test_a_hundred_publications_fail_no_question(settings, database):  # rows 61 66, A1
    desk = indexed_desk(settings, database)
    said = ["当场就能换"]
    with Agents(settings) as agents:
        for number in range(100):
            said.append(f"第{number}次说法，当天能换")
            desk.publish(old=said[-2], new=said[-1])
    assert agents.troubles == []
    assert agents.asked > 100
    assert said[-1] in desk.answer()
    assert len(desk.workbench.history("replace-card")) == 101
