"""Real databases for tests: a migrated SQLite file, and a PostgreSQL that is started for the tests and stopped after them."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from kb.db.engine import Database

OWNER = "postgres"
MISSING = "没有找到 PostgreSQL（Debian：apt-get install postgresql）。只想跳过这些测试，请设置 KB_SKIP_POSTGRES=1。"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """A SQLite database with all tables and nothing in them, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "kb.db"
    made = Database(f"sqlite:///{file}")
    made.upgrade()
    made.close()
    return file


@pytest.fixture
def database(tmp_path, migrated_file):
    """A migrated SQLite database, the one that `settings` names."""
    file = tmp_path / "var/kb.db"
    file.parent.mkdir(exist_ok=True)
    shutil.copyfile(migrated_file, file)
    opened = Database(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request):
    """A migrated database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
    else:
        with request.getfixturevalue("postgres").database() as opened:
            yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request, tmp_path):
    """A database of each kind without tables."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path}/empty.db")
        yield opened
        opened.close()
    else:
        with request.getfixturevalue("postgres").database(template="template1") as opened:
            yield opened


@pytest.fixture(scope="session")
def postgres():
    """A running PostgreSQL of these tests alone."""
    if os.environ.get("KB_SKIP_POSTGRES") == "1":
        pytest.skip("KB_SKIP_POSTGRES=1")
    binaries = find_binaries()
    if binaries is None:
        pytest.fail(MISSING)
    server = Postgres(binaries)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def find_binaries():
    """The folder of PostgreSQL's programs, the newest version; None if there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    on_path = shutil.which("initdb")
    return versions[-1] if versions else Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A server in a temporary folder: a UNIX socket and the loopback address only, gone with the tests."""

    def __init__(self, binaries):
        self.binaries = binaries
        self.password = secrets.token_hex(16)
        self.folder = Path(tempfile.mkdtemp(prefix="kb-postgres-"))
        self.port = 0
        self._process = None
        self._numbers = count(1)

    def url(self, name, **parts):
        """The address of one of its databases, with the password; `parts` to spoil it."""
        parts = {"username": OWNER, "password": self.password, "host": "127.0.0.1", "port": self.port, **parts}
        return URL.create("postgresql+psycopg", database=name, **parts).render_as_string(hide_password=False)

    def start(self):
        secret = self.folder / "password"
        secret.write_text(self.password)
        data = self.folder / "data"
        if os.getuid() == 0:
            for path in (self.folder, secret):
                shutil.chown(path, OWNER, OWNER)
        self._run(
            "initdb", "-D", data, "-U", OWNER, f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8",
            "--locale=C", "--no-sync",
        )  # fmt: skip
        for _ in range(3):
            # another program may take the port between here and there
            self.port = free_port()
            if self._started(data):
                break
        else:
            pytest.fail((self.folder / "log").read_text())
        self.admin = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        self.execute("CREATE DATABASE kb_migrated")
        template = Database(self.url("kb_migrated"))
        template.upgrade()
        template.close()

    def _started(self, data):
        """Start it, and wait until it answers; whether it does."""
        settings = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB",
            "max_connections": 60, "deadlock_timeout": "200ms", "autovacuum": "off", "jit": "off",
        }  # fmt: skip
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            # it ends with us, even if we are killed
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "INT", *self._as_owner(), self.binaries / "postgres", "-D", data, *arguments],
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        until = time.monotonic() + 60
        while self._process.poll() is None and time.monotonic() < until:
            with suppress(subprocess.CalledProcessError):
                self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))
                return True
            time.sleep(0.05)
        return False

    def stop(self):
        if hasattr(self, "admin"):
            self.admin.dispose()
        if self._process and self._process.poll() is None:
            # fast shutdown: open connections are closed
            self._process.send_signal(2)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement):
        with self.admin.connect() as connection:
            connection.execute(text(statement))

    @contextmanager
    def address(self, template="kb_migrated"):
        """The address of a new database, which is dropped in the end."""
        name = f"kb_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def database(self, template="kb_migrated"):
        """A new database, opened."""
        with self.address(template) as address:
            opened = Database(address)
            try:
                yield opened
            finally:
                opened.close()

    def _run(self, program, *arguments):
        subprocess.run(
            [*(["setpriv", *self._as_owner()] if self._as_owner() else []), self.binaries / program, *arguments],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip

    def _as_owner(self):
        """PostgreSQL refuses to run as root."""
        return ["--reuid", OWNER, "--regid", OWNER, "--init-groups"] if os.getuid() == 0 else []


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
