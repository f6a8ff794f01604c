"""Settings in one typed place: environment variables, then `kb.toml` in the working folder, then defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from kb.errors import KBError, SettingError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SWITCH = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
MIN_SECRET = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how the service listens."""

    # folder of Markdown articles, the truth
    articles: Path = Path("articles")
    # folder for everything that can be rebuilt
    var: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    # worker processes of `kb serve`
    workers: int = 2
    # generations kept for rolling back, the current one included
    keep_generations: int = 3
    # whether what was learned from the phrasings helps to put answers in order
    learned: bool = True
    # answers that each worker keeps ready; 0: none
    result_cache: int = 2000
    # where people's work is kept; empty: SQLite in `var`
    database_url: str = ""
    # signs cookies; empty: one is made once and kept in `var`
    secret_key: str = ""
    # whether somebody who has not signed in may read: yes, no, or auto (only on a loopback address without a proxy)
    anonymous: str = "auto"
    # whether browsers reach the service over TLS, through a proxy in front of it
    tls: bool = False
    # how browsers reach it, for links and the comparison of origins; empty: as each request says
    public_url: str = ""
    # minutes without a request, and hours in all, after which a person must sign in again
    idle_minutes: int = 60
    session_hours: int = 12
    # a proxy that signs people in: the header with the name, and the addresses it may come from (CIDR, commas)
    proxy_header: str = ""
    proxy_addresses: str = "127.0.0.1/32"
    # sign-in through OpenID Connect; empty: none
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    # claim with roles or groups, and what they mean here: `kb-editors=editor,kb-leads=lead`
    oidc_claim: str = "roles"
    oidc_roles: str = ""
    # whether each publication becomes a Git commit in the articles folder
    git_commit: bool = False

    @property
    def index(self) -> Path:
        """Folder of the index generations."""
        return self.var / "index"

    @property
    def database(self) -> str:
        """Address of the database, as SQLAlchemy writes it."""
        return self.database_url or f"sqlite:///{(self.var / 'kb.db').absolute()}"

    @property
    def anonymous_reading(self) -> bool:
        """Whether somebody who has not signed in may read."""
        if self.anonymous != "auto":
            return self.anonymous == "yes"
        # with a proxy in front, a loopback address says nothing about who asks
        return self.host in _LOOPBACK and not (self.tls or self.public_url or self.proxy_header)

    @property
    def address(self) -> str:
        """How people reach the service, for links."""
        return self.public_url or f"http://{self.listening}"

    @property
    def listening(self) -> str:
        """Host and port as an address has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def load_settings(env: Mapping[str, str] | None = None, toml: Path = Path("kb.toml")) -> Settings:
    """Read the settings. A bad value raises SettingError that names it."""
    source: dict[str, str] = {}
    if toml.is_file():
        try:
            source.update({k.lower(): str(v) for k, v in tomllib.loads(toml.read_text("utf-8")).items()})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingError("kb.toml", str(toml), f"文件写法不对（{error}）") from error
    env = os.environ if env is None else env
    source.update({k[3:].lower(): v for k, v in env.items() if k.startswith("KB_") and v})
    default = Settings()
    return Settings(
        articles=Path(source.get("articles", default.articles)),
        var=Path(source.get("var", default.var)),
        host=source.get("host", default.host),
        port=_whole(source, "port", default.port, 1, 65535),
        workers=_whole(source, "workers", default.workers, 1, 64),
        keep_generations=_whole(source, "keep_generations", default.keep_generations, 2, 100),
        learned=_switch(source, "learned", default=True),
        result_cache=_whole(source, "result_cache", default.result_cache, 0, 1_000_000),
        database_url=source.get("database_url", ""),
        secret_key=_secret(source),
        anonymous=_choice(source, "anonymous", default.anonymous, ("auto", "yes", "no")),
        tls=_switch(source, "tls"),
        public_url=_origin(source),
        idle_minutes=_whole(source, "idle_minutes", default.idle_minutes, 1, 24 * 60),
        session_hours=_whole(source, "session_hours", default.session_hours, 1, 24 * 7),
        proxy_header=source.get("proxy_header", ""),
        proxy_addresses=_networks(source, default.proxy_addresses),
        oidc_issuer=source.get("oidc_issuer", "").rstrip("/"),
        oidc_client_id=source.get("oidc_client_id", ""),
        oidc_client_secret=source.get("oidc_client_secret", ""),
        oidc_claim=source.get("oidc_claim", default.oidc_claim),
        oidc_roles=source.get("oidc_roles", ""),
        git_commit=_switch(source, "git_commit"),
    )


def require_articles() -> Settings:
    """The settings, if their articles folder exists; raises KBError otherwise."""
    settings = load_settings()
    if not settings.articles.is_dir():
        raise KBError(f"找不到文章目录 {settings.articles}，请在项目目录里运行，或设置 KB_ARTICLES。")
    return settings


def _secret(source: Mapping[str, str]) -> str:
    value = source.get("secret_key", "")
    if value and len(value) < MIN_SECRET:
        # the value itself must not be shown
        raise SettingError("KB_SECRET_KEY", "…", f"至少要 {MIN_SECRET} 个字符，可用 openssl rand -hex 32 生成")
    return value


def _origin(source: Mapping[str, str]) -> str:
    value = source.get("public_url", "").rstrip("/")
    parts = urlsplit(value)
    if value and (
        parts.scheme not in ("http", "https") or not parts.netloc or value != f"{parts.scheme}://{parts.netloc}"
    ):
        raise SettingError("KB_PUBLIC_URL", value, "要写成 https://主机名 或 https://主机名:端口，后面没有路径")
    return value


def _choice(source: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = source.get(name, default)
    if value not in allowed:
        raise SettingError(f"KB_{name.upper()}", value, f"只能写 {'、'.join(allowed)}")
    return value


def _switch(source: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    value = source.get(name, "yes" if default else "no").lower()
    if value not in _SWITCH:
        raise SettingError(f"KB_{name.upper()}", value, "只能写 yes 或 no")
    return _SWITCH[value]


def _networks(source: Mapping[str, str], default: str) -> str:
    value = source.get("proxy_addresses", default)
    try:
        for part in value.split(","):
            ip_network(part.strip())
    except ValueError:
        raise SettingError("KB_PROXY_ADDRESSES", value, "要写网段，例如 10.0.0.0/8，多个用逗号隔开") from None
    return value


def _whole(source: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = source.get(name, str(default))
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise SettingError(f"KB_{name.upper()}", value, f"要写 {least} 到 {most} 之间的整数")
    return int(value)
