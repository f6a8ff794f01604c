"""What each worker of `kb serve` does before its first request: begin to count, and to write the log of questions."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kb import questions_log
from kb.questions_log import Why
from kb.settings import Settings
from web.metrics import QuestionCounts
from web.tally_files import TallyFiles


def begin(settings: Settings, counts: TallyFiles, log_of: Callable[[Callable[[Why], None]], logging.Handler]) -> None:
    """Start the threads that count and log. Call it after forking: threads do not outlive a fork.

    `log_of`: makes what keeps the questions, from what is told of lines that are lost.
    """
    counts.start()
    tally, log = counts.tally, questions_log.LOG
    log.setLevel(logging.INFO)
    # questions are not for the log of the service
    log.propagate = False
    log.addHandler(QuestionCounts(tally))
    if settings.question_log:
        log.addHandler(log_of(tally.lost))
    questions_log.start(on_dropped=lambda: tally.lost("queue"))
