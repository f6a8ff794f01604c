"""Whether the settings make sense together, and the clock. What a single setting may be is said where it is read."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network

from kb.doctor.finding import Finding, bad, ok, warn
from kb.settings import LOOPBACK, Settings

_SKEW = timedelta(seconds=5)


def look(settings: Settings, at: datetime) -> Iterator[Finding]:
    """Settings and clock."""
    wrong = list(together(settings))
    yield from wrong or [ok("设置", f"监听 {settings.listening}，各项互相合适")]
    yield _clock(settings, at)


def together(settings: Settings) -> Iterator[Finding]:
    """What does not go together."""
    yield from _reaching(settings)
    yield from _signing_in(settings)
    if settings.database_url.startswith("postgresql") and not settings.secret_key:
        yield warn(
            "设置", "用了 PostgreSQL，但没有 KB_SECRET_KEY", "几台机器一起服务时要设同一个密钥，否则登录会互相失效"
        )


def _reaching(settings: Settings) -> Iterator[Finding]:
    """How browsers come."""
    outside = settings.host not in LOOPBACK
    if outside and not settings.tls:
        yield bad(
            "设置", f"监听 {settings.host}，但没有 TLS：密码和问题会明文经过网络", "前面放 TLS 代理，设 KB_TLS=yes"
        )
    if settings.anonymous == "yes" and outside:
        yield warn("设置", "网络上的任何人不登录就能看文章（KB_ANONYMOUS=yes）", "确认是有意的；否则改成 auto 或 no")
    if settings.tls and not settings.public_url:
        yield warn("设置", "KB_TLS=yes，但没有 KB_PUBLIC_URL：链接和来源检查靠代理传来的 Host", "设成浏览器里的地址")
    if settings.tls and settings.public_url.startswith("http:"):
        yield bad("设置", "KB_TLS=yes，KB_PUBLIC_URL 却是 http://", "改成 https://")
    if settings.public_url.startswith("https:") and not settings.tls:
        yield bad("设置", "KB_PUBLIC_URL 是 https://，但没有 KB_TLS=yes：Cookie 不限于 TLS", "设 KB_TLS=yes")


def _signing_in(settings: Settings) -> Iterator[Finding]:
    if settings.proxy_header and _wide(settings.proxy_addresses):
        yield bad("设置", f"KB_PROXY_ADDRESSES={settings.proxy_addresses}：谁都能冒充登录代理", "只写代理的地址")
    oidc = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if any(oidc) and not all(oidc):
        yield bad("设置", "单点登录只设了一部分", "KB_OIDC_ISSUER、KB_OIDC_CLIENT_ID、KB_OIDC_CLIENT_SECRET 要一起设")
    elif settings.oidc_issuer and not settings.public_url:
        yield bad("设置", "单点登录要知道回来的地址", "设 KB_PUBLIC_URL")
    if _wide(settings.metrics_addresses):
        yield warn("设置", "任何地址都能读 /metrics", "KB_METRICS_ADDRESSES 只写 Prometheus 的地址")


def _wide(networks: str) -> bool:
    return any(ip_network(part.strip()).prefixlen == 0 for part in networks.split(","))


def _clock(settings: Settings, at: datetime) -> Finding:
    """This machine's clock beside that of the disk: on a network file system they may differ, and times of change decide
    what is read anew."""
    here = datetime.now().astimezone().strftime("%z")
    said = f"{at:%Y-%m-%d %H:%M:%S} 北京时间"
    try:
        with tempfile.TemporaryFile(dir=settings.var) as file:
            apart = timedelta(seconds=abs(os.fstat(file.fileno()).st_mtime - time.time()))
    except OSError:
        return ok("时钟", said)
    if apart > _SKEW:
        return bad("时钟", f"本机和 {settings.var} 所在的磁盘差 {apart.total_seconds():.0f} 秒", "两边都用 NTP 对时")
    return ok("时钟", said if here == "+0800" else f"{said}（本机时区 {here}：cron 按本机时区，定时要换算）")
