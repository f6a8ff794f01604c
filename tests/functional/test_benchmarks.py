"""The benchmarks run; what they measure is nobody's business here."""

from benchmarks.ask import measure
from tests.builders import write_article


def test_asking_can_be_measured(tmp_path):
    write_article(tmp_path / "articles", "lost-card")
    figures = measure(tmp_path / "articles", 10)
    assert figures["articles"] == 1
    assert set(figures["answer_ms"]) == {"p50", "p95", "p99"}
