"""The command `kb`. Its subcommands come from the entry-point group `kb.commands`, so that kb imports nobody."""

from __future__ import annotations

import gc
import sys
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

import click

from kb import __version__
from kb.errors import KBError


class _Installed(click.Group):
    """Commands that are imported when they are asked for: `kb serve` starts without those of editing and backups."""

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in sorted(entry_points(group="kb.commands"), key=lambda p: p.name)}

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A command; it is looked for in the entry point of its name first."""
        if name not in self.commands and name in self._points:
            self._add(self._points[name])
        if name not in self.commands:
            self.add_all()
        return super().get_command(ctx, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        self.add_all()
        return super().list_commands(ctx)

    def add_all(self) -> None:
        """Import the commands of every installed package."""
        for point in self._points.values():
            self._add(point)

    def _add(self, point: EntryPoint) -> None:
        # nothing of what an import makes could be collected
        gc.disable()
        try:
            for command in point.load():
                self.add_command(command)
        finally:
            gc.enable()


@click.group(cls=_Installed, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kb")
def cli() -> None:
    """坐席知识台：检查、索引、搜索和提供银行坐席的知识文章。"""


def register_commands() -> None:
    """Import the commands of every installed package at once. Each entry point is a list of click commands."""
    cli.add_all()


def main() -> None:
    """Run the command; an error that a user can act on is one Chinese sentence and exit code 1."""
    try:
        cli()
    except KBError as error:
        click.echo(f"{error}", err=True)
        sys.exit(1)
    except OSError as error:
        # imported here: hardly any command comes here
        from kb.files import of_the_disk, told

        if not of_the_disk(error):
            raise
        click.echo(f"没有做成：{told(error)}", err=True)
        sys.exit(1)
