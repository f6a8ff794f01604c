"""What each worker of `kb serve` does before its first request: begin to count, and to write the log of questions."""

from __future__ import annotations

import logging

from kb import questions_log
from kb.questions_file import DayFiles
from kb.settings import Settings
from web.metrics import QuestionCounts
from web.tally_files import TallyFiles


def begin(settings: Settings, counts: TallyFiles) -> None:
    """Start the threads that count and log. Call it after forking: threads do not outlive a fork."""
    counts.start()
    tally, log = counts.tally, questions_log.LOG
    log.setLevel(logging.INFO)
    # questions are not for the log of the service
    log.propagate = False
    log.addHandler(QuestionCounts(tally))
    if settings.question_log:
        log.addHandler(DayFiles(settings.logs, lambda: tally.lost("disk")))
    questions_log.start(on_dropped=lambda: tally.lost("queue"))
