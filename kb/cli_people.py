"""`kb user`: people and their rights, from the command line; for the first days, for scripts, and when nobody can sign in."""

from __future__ import annotations

import getpass
from datetime import timedelta

import click

from kb import accounts, people
from kb.accounts import Profile
from kb.clock import now
from kb.db import links, users
from kb.db.engine import Database
from kb.db.opening import for_command
from kb.db.users import ORIGINS, User
from kb.errors import Refused
from kb.people import ROLES, Actor
from kb.settings import Settings, load_settings

_ROLE = click.Choice(list(ROLES))


@click.group("user")
def user() -> None:
    """管理用户：添加、列出、改角色、停用、密码链接、接口密钥。"""


@user.command("add")
@click.argument("name")
@click.option("--display", default="", help="姓名")
@click.option("--role", "roles", type=_ROLE, multiple=True, default=("agent",), help="角色，可以写多次；默认 agent")
@click.option("--queue", "queues", multiple=True, help="技能组，可以写多次")
@click.option("--region", "regions", multiple=True, help="地区，可以写多次")
@click.option("--origin", type=click.Choice(list(ORIGINS)), default="local", help="登录方式，默认 local（本地密码）")
def add(
    name: str, display: str, roles: tuple[str, ...], queues: tuple[str, ...], regions: tuple[str, ...], origin: str
) -> None:
    """添加用户；本地账号会给出设置密码的一次性链接。"""
    settings, database = _open()
    profile = Profile(display, frozenset(roles), frozenset(queues), frozenset(regions))
    added, secret = accounts.add_user(database, _operator(), name, profile, origin, now())
    click.echo(f"已添加 {added.name}：{_roles(added)}")
    if secret:
        _say_link(settings, secret, "invite")


@user.command("list")
def listed() -> None:
    """列出所有用户。"""
    _, database = _open()
    with database.reading() as connection:
        found = users.listed(connection)
    for one in found:
        state = "" if one.active else "（已停用）"
        last = f"{one.signed_in:%Y-%m-%d %H:%M}" if one.signed_in else "还没有登录过"
        click.echo("\t".join([one.name, one.display, _roles(one) + state, ORIGINS[one.origin], last]))
    if not found:
        click.echo("还没有用户。运行 kb serve 会给出建立管理员的一次性链接。")


@user.command("roles")
@click.argument("name")
@click.argument("roles", nargs=-1, required=True, type=_ROLE)
def roles(name: str, roles: tuple[str, ...]) -> None:
    """把用户的角色改成这些。"""
    _, database = _open()
    found = _find(database, name)
    profile = Profile(found.display, frozenset(roles), found.queues, found.regions)
    changed = accounts.change_user(database, _operator(), found.id, profile, now())
    click.echo(f"{changed.name} 现在是：{_roles(changed)}")


@user.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """停用用户：马上退出登录，链接和密钥失效。"""
    _, database = _open()
    accounts.set_active(database, _operator(), _find(database, name).id, False, now())
    click.echo(f"{name} 已停用。")


@user.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """重新启用用户，并解除锁定。"""
    _, database = _open()
    accounts.set_active(database, _operator(), _find(database, name).id, True, now())
    click.echo(f"{name} 已启用。")


@user.command("password-link")
@click.argument("name")
def password_link(name: str) -> None:
    """生成设置或重设密码的一次性链接，并解除锁定。"""
    settings, database = _open()
    found = _find(database, name)
    secret = accounts.password_link(database, _operator(), found.id, now())
    _say_link(settings, secret, "reset" if found.password else "invite")


@user.command("token")
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="多少天内有效")
@click.option("--withdraw", is_flag=True, help="收回这个用户的全部密钥")
def token(name: str, days: int, withdraw: bool) -> None:
    """生成接口密钥，让别的系统以这个用户的身份调用接口；只显示这一次。"""
    _, database = _open()
    found = _find(database, name)
    if withdraw:
        click.echo(f"已收回 {accounts.withdraw_keys(database, _operator(), found.id, now())} 个密钥。")
        return
    key = accounts.make_key(database, _operator(), found.id, now(), timedelta(days=days))
    click.echo(f"{days} 天内有效，请求头写 Authorization: Bearer，后面是：", err=True)
    click.echo(key)


commands: list[click.Command] = [user]


def _open() -> tuple[Settings, Database]:
    settings = load_settings()
    return settings, for_command(settings.database)


def _operator() -> Actor:
    """Who types the command, by the name of the operating system."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "?"
    return Actor(people.SYSTEM.id, f"命令行 {name}", name, frozenset())


def _find(database: Database, name: str) -> User:
    with database.reading() as connection:
        found = users.find(connection, accounts.folded(name))
    if found is None:
        raise Refused(f"没有登录名为 {name[:64]} 的用户，用 kb user list 看有谁。")
    return found


def _roles(one: User) -> str:
    return "、".join(label for role, label in ROLES.items() if role in one.roles)


def _say_link(settings: Settings, secret: str, purpose: str) -> None:
    hours = int(links.VALID[purpose].total_seconds()) // 3600
    click.echo(f"请把这个链接单独发给本人，{hours} 小时内有效，只能用一次：")
    click.echo(f"{settings.address}/password/{secret}")
