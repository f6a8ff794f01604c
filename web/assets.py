"""Style sheet and scripts under an address that names their content, so that a browser asks for them once."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, send_from_directory

from web.access import needs

YEAR = 365 * 24 * 3600


def fingerprint(folder: Path) -> str:
    """Changes with any file of a folder; in the path and not behind it, so that scripts import each other's right version."""
    seen = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        seen.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()[:12]


def register_assets(app: Flask) -> None:
    """Serve the static folder as endpoint `asset` too, to be kept for ever; `/static/…` itself is revalidated."""
    folder = Path(app.static_folder or "")

    @needs("public")
    def asset(filename: str) -> Response:
        """One file of this very version."""
        response = send_from_directory(folder, filename, max_age=YEAR)
        response.cache_control.immutable = True
        return response

    app.add_url_rule(f"/static/{fingerprint(folder)}/<path:filename>", "asset", asset)
