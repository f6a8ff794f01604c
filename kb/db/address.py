"""The address of a database: what may be written in KB_DATABASE_URL, and how it is shown without its password."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from kb.errors import SettingError

_NAME = "KB_DATABASE_URL"
_FORM = "要写成 postgresql+psycopg://用户:密码@主机:端口/库"
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
# parts of an address behind the question mark that nobody else should read
_SECRET = frozenset({"password", "passfile", "sslpassword", "sslkey"})


def parse(written: str) -> URL:
    """The address with the driver that is used here. Raises SettingError, which never shows what was written: a password may be in it."""
    try:
        url = make_url(written)
    except (ArgumentError, ValueError) as error:
        # not chained: the other error repeats the address
        raise SettingError(_NAME, "…", _FORM) from (None if "@" in written else error)
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise SettingError(_NAME, f"{url.get_backend_name()}://…", "只支持 SQLite 和 PostgreSQL")
    return url.set(drivername=driver)


def shown(url: URL) -> str:
    """The address for messages, without its password."""
    safe = url.difference_update_query(_SECRET)
    return safe.render_as_string(hide_password=True)
