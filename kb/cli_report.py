"""`kb report`: the report of a night, as it was written."""

from __future__ import annotations

from datetime import date

import click

from kb.clock import parse_date
from kb.errors import KBError, Missing
from kb.files import why
from kb.reporting.history import days, report_file
from kb.settings import load_settings

_FORMS = {"text": "txt", "json": "json", "html": "html"}


@click.command("report")
@click.option("--day", "named", help="哪一天的报告，例如 2026-12-01；不写就是最近一天")
@click.option("--format", "fmt", type=click.Choice(list(_FORMS)), default="text", help="输出格式")
@click.option("--open", "opened", type=click.Choice(["yes", "no"]), default="no", help="yes：在浏览器里打开网页报告")
def report(named: str | None, fmt: str, opened: str) -> None:
    """显示夜间报告。"""
    settings = load_settings()
    found = days(settings.reports)
    if not found:
        raise Missing(f"{settings.reports} 里还没有报告。报告由 kb nightly 写。")
    day = _day(named) if named else found[0]
    if day not in found:
        raise Missing(f"没有 {day} 的报告。最近的一份是 {found[0]} 的，最早的一份是 {found[-1]} 的。")
    path = report_file(settings.reports, day, "html" if opened == "yes" else _FORMS[fmt])
    if opened == "yes" and path.is_file():
        click.launch(str(path.absolute()))
        return
    try:
        click.echo(path.read_text("utf-8"), nl=False)
    except FileNotFoundError as error:
        raise Missing(f"{day} 的报告没有写成这种格式，只有 {report_file(settings.reports, day, 'json')}。") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KBError(
            f"{path} 读不出来：{why(error) if isinstance(error, OSError) else '不是 UTF-8 文字'}。"
        ) from error


def _day(written: str) -> date:
    try:
        return parse_date(written)
    except ValueError:
        raise click.BadParameter(f"“{written}”不是有效的日期，请写成 2026-12-01。") from None


commands: list[click.Command] = [report]
