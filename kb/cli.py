"""The command `kb`. Its subcommands come from the entry-point group `kb.commands`, so that kb imports nobody."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import click

from kb import __version__
from kb.errors import KBError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kb")
def cli() -> None:
    """坐席知识台：检查、索引、搜索和提供银行坐席的知识文章。"""


def register_commands() -> None:
    """Add the commands of every installed package. Each entry point is a list of click commands."""
    for point in sorted(entry_points(group="kb.commands"), key=lambda p: p.name):
        for command in point.load():
            cli.add_command(command)


def main() -> None:
    """Run the command; an error that a user can act on is one Chinese sentence and exit code 1."""
    register_commands()
    try:
        cli()
    except KBError as error:
        click.echo(f"{error}", err=True)
        sys.exit(1)
