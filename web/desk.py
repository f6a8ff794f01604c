"""A node without articles answers questions; editors' pages are on the node that has the files, and it says where."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from web.errors import error_response

# pages that read or change the files of articles, or reports of the night
_PAGES = frozenset({"edit", "shared", "inbox", "reports"})


def send_to_workbench(app: Flask, address: str) -> None:
    """Lead from those pages to the same ones at an address; without one, say that they are elsewhere."""

    @app.before_request
    def elsewhere() -> Response | None:
        if request.blueprint not in _PAGES:
            return None
        # a proxy that leads these pages back here would send the browser round for ever
        if address and request.method == "GET" and urlsplit(address).netloc != request.host:
            query = request.query_string.decode("ascii", "replace")
            return redirect(f"{address}{request.path}{'?' + query if query else ''}", 302)
        where = f"请打开 {address} 再做" if address else "请问运维编辑台的地址"
        return error_response(404, "not_here", f"这台机器只回答问题，编辑在编辑台上，{where}。没有改动任何东西。")
