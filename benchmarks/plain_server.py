"""Flask with next to nothing in it, under the gunicorn settings of `kb serve`: what the framework alone costs.

BENCH_REPLY='{}' python -m benchmarks.plain_server PORT WORKERS
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from flask import Flask, Response, jsonify

from kb.settings import Settings

# the very class that `kb serve` runs, so that both always have the same settings
from web.cli import _Server


def create_app(reply: object) -> Flask:
    """`/empty` answers nothing, `/json` always the same object, encoded anew for each request."""
    app = Flask(__name__)

    @app.route("/empty", methods=["GET", "POST"])
    def empty() -> str:
        return ""

    @app.post("/json")
    def fixed() -> Response:
        return jsonify(reply)

    return app


if __name__ == "__main__":
    settings = Settings(articles=Path(), var=Path(), port=int(sys.argv[1]), workers=int(sys.argv[2]))
    _Server(create_app(json.loads(os.environ["BENCH_REPLY"])), settings, f"127.0.0.1:{settings.port}").run()
