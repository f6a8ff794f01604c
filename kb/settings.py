"""Settings in one typed place: environment variables, then `kb.toml` in the working folder, then defaults."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from kb.errors import KBError, SettingError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# what may stand in an origin; nothing that could end a header or begin another
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_USUAL_PORT = re.compile("http:.*:80$|https:.*:443$")
# nothing that could begin another header
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_INDEX_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,39}")
_SWITCH = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
MIN_SECRET = 32
# network logs are kept at least six months (网络安全法第二十一条)
LEAST_DAYS = 183


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
    # addresses of the nodes of an OpenSearch cluster; none: the index lies on this machine
    search_url: tuple[str, ...] = ()
    # who asks it; the certificate authority where it is not one that everybody knows
    search_user: str = ""
    search_password: str = ""
    search_ca: Path | None = None
    # what the names of its indices begin with, and how many more copies of the index there are: best one on every node
    search_prefix: str = "kb"
    search_replicas: int = 2
    # where editors' pages are, for nodes without an articles folder
    workbench_url: str = ""
    # requests of one person in ten seconds, for each worker; an address may send ten times as many; 0: no limit
    ask_limit: int = 300
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
    # origins of pages that may frame the desk, such as the CRM; none: nobody may
    embed_parents: tuple[str, ...] = ()
    # whether such a page is of another site, so that cookies must go along with requests from anywhere
    embed_cross_site: bool = False

    # whether questions (masked) are kept, a file for each day in `var/log`
    question_log: bool = True
    # days that logs, reports and settled records are kept; the law asks for six months
    retention_days: int = LEAST_DAYS
    # how log lines of the service look: text or json
    log_format: Literal["text", "json"] = "text"
    # addresses that may read /metrics (CIDR, commas)
    metrics_addresses: str = "127.0.0.1/32,::1/128"
    # `module:function` of a language model that may say sentences of an article in other words; empty: none
    rephraser: str = ""
    # hours after which an index that nobody renewed makes /readyz say no; 0: it only says so
    max_index_age_hours: int = 0
    # mail server for the report of the night; empty: none is sent
    smtp_host: str = ""
    # 0: the usual one, 587 for starttls, 465 for ssl, 25 for no
    smtp_port: int = 0
    smtp_user: str = ""
    smtp_password: str = ""
    # how the connection is encrypted: starttls, ssl or no
    smtp_tls: str = "starttls"
    # who it is from, and to whom it goes
    report_from: str = ""
    report_to: tuple[str, ...] = ()
    # whether `kb watch` looks at the files again and again, where a network file system tells of no change
    watch_poll: bool = False

    @property
    def index(self) -> Path:
        """Folder of the index generations."""
        return self.var / "index"

    @property
    def logs(self) -> Path:
        """Folder of the logs of questions."""
        return self.var / "log"

    @property
    def reports(self) -> Path:
        """Folder of the morning reports."""
        return self.var / "reports"

    @property
    def counts(self) -> Path:
        """Folder in which the processes of the service bring together what they count."""
        return self.var / "metrics"

    @property
    def offline_pack(self) -> Path:
        """The page for the day on which the network is down, made every night."""
        return self.var / "offline.html"

    @property
    def database(self) -> str:
        """Address of the database, as SQLAlchemy writes it."""
        return self.database_url or f"sqlite:///{(self.var / 'kb.db').absolute()}"

    @property
    def same_site(self) -> Literal["Lax", "None"]:
        """With which requests browsers send the cookies of the service."""
        return "None" if self.embed_cross_site else "Lax"

    @property
    def anonymous_reading(self) -> bool:
        """Whether somebody who has not signed in may read."""
        if self.anonymous != "auto":
            return self.anonymous == "yes"
        # with a proxy in front, a loopback address says nothing about who asks
        return self.host in LOOPBACK and not (self.tls or self.public_url or self.proxy_header)

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
        search_url=_nodes(source),
        search_user=source.get("search_user", ""),
        search_password=source.get("search_password", ""),
        search_ca=Path(source["search_ca"]) if "search_ca" in source else None,
        search_prefix=_prefix(source, default.search_prefix),
        search_replicas=_whole(source, "search_replicas", default.search_replicas, 0, 10),
        workbench_url=_origin(source, "workbench_url"),
        ask_limit=_whole(source, "ask_limit", default.ask_limit, 0, 1_000_000),
        secret_key=_secret(source),
        anonymous=_choice(source, "anonymous", default.anonymous, ("auto", "yes", "no")),
        tls=_switch(source, "tls"),
        public_url=_origin(source),
        idle_minutes=_whole(source, "idle_minutes", default.idle_minutes, 1, 24 * 60),
        session_hours=_whole(source, "session_hours", default.session_hours, 1, 24 * 7),
        proxy_header=source.get("proxy_header", ""),
        proxy_addresses=_networks(source, "proxy_addresses", default.proxy_addresses),
        oidc_issuer=source.get("oidc_issuer", "").rstrip("/"),
        oidc_client_id=source.get("oidc_client_id", ""),
        oidc_client_secret=source.get("oidc_client_secret", ""),
        oidc_claim=source.get("oidc_claim", default.oidc_claim),
        oidc_roles=source.get("oidc_roles", ""),
        git_commit=_switch(source, "git_commit"),
        rephraser=source.get("rephraser", ""),
        question_log=_switch(source, "question_log", default=True),
        retention_days=_whole(source, "retention_days", default.retention_days, LEAST_DAYS, 36500),
        log_format="json" if _choice(source, "log_format", default.log_format, ("text", "json")) == "json" else "text",
        metrics_addresses=_networks(source, "metrics_addresses", default.metrics_addresses),
        max_index_age_hours=_whole(source, "max_index_age_hours", default.max_index_age_hours, 0, 24 * 365),
        embed_parents=_parents(source),
        embed_cross_site=_cross_site(source),
        smtp_host=_mail_host(source),
        smtp_port=_whole(source, "smtp_port", default.smtp_port, 0, 65535),
        smtp_user=_mail_user(source),
        smtp_password=source.get("smtp_password", ""),
        smtp_tls=_choice(source, "smtp_tls", default.smtp_tls, ("starttls", "ssl", "no")),
        report_from="".join(_mail_addresses(source, "report_from", most=1)),
        report_to=_mail_addresses(source, "report_to", most=50),
        watch_poll=_switch(source, "watch_poll"),
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


def _origin(source: Mapping[str, str], name: str = "public_url") -> str:
    value = source.get(name, "").rstrip("/")
    if value and not _is_origin(value):
        raise SettingError(f"KB_{name.upper()}", value, "要写成 https://主机名 或 https://主机名:端口，后面没有路径")
    return value


def _nodes(source: Mapping[str, str]) -> tuple[str, ...]:
    """Addresses of search nodes; a password belongs into a setting of its own, which is never shown."""
    found = tuple(url.strip().rstrip("/") for url in source.get("search_url", "").split(",") if url.strip())
    for url in found:
        if "@" in url:
            raise SettingError("KB_SEARCH_URL", "…", "用户名和密码请写在 KB_SEARCH_USER 和 KB_SEARCH_PASSWORD 里")
        if not _is_origin(url):
            raise SettingError("KB_SEARCH_URL", url, "每个地址要写成 https://主机名:端口，用逗号隔开，后面没有路径")
    return found


def _prefix(source: Mapping[str, str], default: str) -> str:
    value = source.get("search_prefix", default)
    if not _INDEX_PREFIX.fullmatch(value):
        raise SettingError("KB_SEARCH_PREFIX", value, "只能用小写字母、数字和 -，以字母开头，最多 40 个字符")
    return value


def _is_origin(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and value == f"{parts.scheme}://{parts.netloc}"


def _parents(source: Mapping[str, str]) -> tuple[str, ...]:
    """Origins as browsers write them; they become part of a header, and are compared as they stand."""
    values = [part.strip().rstrip("/").lower() for part in source.get("embed_parents", "").split(",") if part.strip()]
    for value in values:
        # a browser never writes the usual port
        if not (_is_origin(value) and _HOST.fullmatch(urlsplit(value).netloc)) or _USUAL_PORT.match(value):
            why = "要写成 https://主机名 或 https://主机名:端口，多个用逗号隔开；没有路径、通配符和默认端口"
            raise SettingError("KB_EMBED_PARENTS", value, why)
    return tuple(dict.fromkeys(values))


def _cross_site(source: Mapping[str, str]) -> bool:
    chosen = _switch(source, "embed_cross_site")
    if chosen and not (_switch(source, "tls") and source.get("embed_parents")):
        why = "要同时写 KB_TLS=yes 和 KB_EMBED_PARENTS：没有 TLS 时浏览器不收这样的 Cookie"
        raise SettingError("KB_EMBED_CROSS_SITE", "yes", why)
    return chosen


def _mail_host(source: Mapping[str, str]) -> str:
    value = source.get("smtp_host", "")
    if value and not (source.get("report_from") and source.get("report_to")):
        raise SettingError("KB_SMTP_HOST", value, "要同时写 KB_REPORT_FROM（发件人）和 KB_REPORT_TO（收件人）")
    return value


def _mail_user(source: Mapping[str, str]) -> str:
    value = source.get("smtp_user", "")
    if value and source.get("smtp_tls") == "no":
        raise SettingError("KB_SMTP_TLS", "no", "用户名和密码不能不加密发送，请写 starttls 或 ssl，或去掉 KB_SMTP_USER")
    return value


def _mail_addresses(source: Mapping[str, str], name: str, most: int) -> tuple[str, ...]:
    values = [part.strip() for part in source.get(name, "").split(",") if part.strip()]
    wrong = next((value for value in values if not _MAIL_ADDRESS.fullmatch(value)), ",".join(values[most:]))
    if wrong:
        why = "要写成 name@bank.example" + ("，多个用逗号隔开" if most > 1 else "，只能写一个")
        raise SettingError(f"KB_{name.upper()}", wrong, why)
    return tuple(dict.fromkeys(values))


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


def _networks(source: Mapping[str, str], name: str, default: str) -> str:
    value = source.get(name, default)
    try:
        for part in value.split(","):
            ip_network(part.strip())
    except ValueError:
        raise SettingError(f"KB_{name.upper()}", value, "要写网段，例如 10.0.0.0/8，多个用逗号隔开") from None
    return value


def _whole(source: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = source.get(name, str(default))
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise SettingError(f"KB_{name.upper()}", value, f"要写 {least} 到 {most} 之间的整数")
    return int(value)
