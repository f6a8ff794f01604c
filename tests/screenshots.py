"""Pictures of every screen for the handbooks: `python tests/screenshots.py [--to docs/images] [--only NAME] [--dark]`.

They are made from the repository's own articles by a real service in Chromium, so that they stay true.
"""

import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from conftest import CHROMIUM, FLAGS  # noqa: E402
from desk import Desk  # noqa: E402
from live import live  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from indexer import build as building  # noqa: E402
from kb.clock import now  # noqa: E402
from kb.settings import Settings  # noqa: E402
from web.app import create_app  # noqa: E402

WIDTHS = {400: 780, 1280: 860}
BOTH = tuple(WIDTHS)


@dataclass(frozen=True)
class Scene:
    """One screen: where it is, and what is done there before the picture is taken."""

    name: str
    does: Callable[[Desk], object]
    path: str = "/"
    widths: tuple[int, ...] = (400,)


def _nothing(desk: Desk) -> None:
    """The page as it opens."""


_PIECE = """\
坐席：您好，请讲。
客户：我那个手机换号了，旧号停了，现在登手机银行收不到验证码。
坐席：您是本人吗？
客户：是本人，那要怎么改呀？"""


def _hear(desk: Desk) -> None:
    """A piece of a call, pasted and answered."""
    desk.press("Alt+t")
    desk.page.fill("#transcript-text", _PIECE)
    desk.press("Control+Enter")
    desk.page.wait_for_selector("#results .card")


def _in_a_call(desk: Desk) -> Desk:
    """A call in which something was asked and copied."""
    desk.press("Alt+b")
    return desk.ask("换号了收不到验证码").press("Enter", "v", "n", "c")


SCENES = (
    Scene("start", _nothing),
    Scene("answer", lambda desk: desk.ask("换号了收不到验证码").press("Enter"), widths=BOTH),
    Scene("verified", lambda desk: desk.ask("换号了收不到验证码").press("Enter", "v", "n")),
    Scene("fraud", lambda desk: desk.ask("有人让我转到安全账户").press("Enter"), widths=BOTH),
    Scene("decide", lambda desk: desk.ask("转错账了怎么办").press("Enter", "v", "q", "1")),
    Scene("chips", lambda desk: desk.ask("挂失")),
    Scene("complaint", lambda desk: desk.ask("投诉多扣了手续费").press("Enter")),
    Scene("nothing", lambda desk: desk.ask("今天股市为什么大跌")),
    Scene("compare", _nothing, "/compare?id=time-deposit-3y&id=time-deposit-5y", BOTH),
    Scene("keys", lambda desk: desk.ask("挂失").press("Enter", "?")),
    Scene("call", _in_a_call),
    Scene("wrap-up", lambda desk: _in_a_call(desk).press("w")),
    Scene("recent", lambda desk: _in_a_call(desk).press("a", "r")),
    Scene("transcript", _hear),
    Scene("feedback", lambda desk: desk.ask("挂失").press("Enter", "f")),
    Scene("article", _nothing, "/articles/change-reserved-phone"),
    Scene("explain", _nothing, "/explain?q=U盾丢了", BOTH),
    Scene("as-of", lambda desk: desk.ask("三年定期利率"), "/?at=2026-12-20"),
)


def _shoot(browser: Browser, address: str, scene: Scene, width: int, dark: bool, folder: Path) -> Path:
    """One picture, taken when the page is at rest."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    desk = Desk(context.new_page(), address).open(scene.path)
    scene.does(desk)
    # a toast or a button that was just pressed is not the screen
    desk.page.wait_for_timeout(400)
    path = folder / f"{scene.name}-{width}{'-dark' if dark else ''}.png"
    desk.page.screenshot(path=path)
    context.close()
    return path


@click.command()
@click.option("--to", "folder", type=click.Path(path_type=Path), default=ROOT / "docs" / "images")
@click.option("--only", multiple=True, help="names of the scenes; all without it")
@click.option("--dark", is_flag=True, help="the dark colours too")
@click.option("--both", is_flag=True, help="every scene in both widths, to be looked at")
def main(folder: Path, only: tuple[str, ...], dark: bool, both: bool) -> None:
    """Take the pictures and say where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as var:
        settings = Settings(articles=ROOT / "articles", var=Path(var))
        building.build(settings, now())
        with live(create_app(settings)) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
            for scene in (s for s in SCENES if not only or s.name in only):
                for width in BOTH if both else scene.widths:
                    for shade in (False, True) if dark else (False,):
                        click.echo(_shoot(browser, address, scene, width, shade, folder))
            browser.close()


if __name__ == "__main__":
    main()
