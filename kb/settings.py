"""Settings in one typed place: environment variables, then `kb.toml` in the working folder, then defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kb.errors import SettingError


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
    # answers that each worker keeps ready; 0: none
    result_cache: int = 2000

    @property
    def index(self) -> Path:
        """Folder of the index generations."""
        return self.var / "index"


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
        result_cache=_whole(source, "result_cache", default.result_cache, 0, 1_000_000),
    )


def _whole(source: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = source.get(name, str(default))
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise SettingError(f"KB_{name.upper()}", value, f"要写 {least} 到 {most} 之间的整数")
    return int(value)
