"""People at the workbench, without the web: a real database, real files, a real index."""

from datetime import datetime, timedelta

from builders import article_text

from indexer import build as building
from indexer.backends import CurrentSearcher
from indexer.engine import LocalEngine
from kb.ask import KnowledgeBase
from kb.clock import SHANGHAI
from kb.db import audit, users
from kb.publishing.workbench import Workbench, publish_lock
from kb.visibility import ANYBODY

PATH = "processes/replace-card.md"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
OLD, NEW = "当场就能换", "十分钟就能换"


class Desk:
    """A workbench with three people: 甲 and 乙, who may both write and approve, and 丙, who only writes."""

    def __init__(self, settings, database, engine=None, **options):
        self.settings = settings
        self.database = database
        self.engine = engine or LocalEngine(settings)
        self.workbench = Workbench(database, settings.articles, self.engine, lock=publish_lock(settings), **options)
        self.workbench.patience = 0.3
        self.at = NOW
        with database.writing() as connection:
            self.jia, self.yi = (
                users.add(connection, name, display, ["editor", "approver"], NOW).actor
                for name, display in (("jia", "甲某人"), ("yi", "乙某人"))
            )
            self.bing = users.add(connection, "bing", "丙某人", ["editor"], NOW).actor
            self.agent = users.add(connection, "ding", "丁某人", ["agent"], NOW).actor

    @property
    def base(self):
        """What is known now; a searcher that is kept may be a tenth of a second behind."""
        return KnowledgeBase(CurrentSearcher(self.settings))

    def later(self, **passed):
        """Time passes; the moment it is now."""
        self.at += timedelta(**(passed or {"seconds": 1}))
        return self.at

    def read(self, path=PATH):
        """What a file says; None if there is none."""
        file = self.settings.articles / path
        return file.read_text("utf-8") if file.exists() else None

    def begin(self, path=PATH, text=None, actor=None):
        """A draft, perhaps with another text."""
        draft = self.workbench.begin_from(actor or self.bing, path, self.later())
        return draft if text is None else self.save(draft, text, actor)

    def save(self, draft, text, actor=None):
        return self.workbench.save(actor or self.bing, draft.id, draft.number, text, self.later())

    def ready(self, path=PATH, old=OLD, new=NEW, **fields):
        """A draft in review, in which something was replaced and front matter fields were set."""
        draft = self.begin(path)
        text = draft.text.replace(old, new)
        for name, value in fields.items():
            text = set_field(text, name, value)
        draft = self.save(draft, text)
        return self.workbench.submit(self.bing, draft.id, self.later())

    def approve(self, draft, actor=None):
        return self.workbench.approve(actor or self.jia, draft.id, draft.number, self.later())

    def publish(self, path=PATH, old=OLD, new=NEW, **fields):
        return self.approve(self.ready(path, old, new, **fields))

    def new(self, slug, kind="process", **overrides):
        """A published article that is new."""
        draft = self.workbench.begin_new(
            self.bing, kind, slug, self.later(), text=article_text(slug, type=kind, **overrides)
        )
        return self.approve(self.workbench.submit(self.bing, draft.id, self.later()))

    def answer(self, article_id="replace-card", at=None):
        """What agents read of an article; None if they see none."""
        found = self.base.article(article_id, ANYBODY, at or self.at)
        return found[0].article.answer if found else None

    def events(self, action="", result="ok"):
        with self.database.reading() as connection:
            found = list(audit.events(connection))
        return [e for e in found if e.action.startswith(action) and e.result == result]


def indexed_desk(settings, database, **options):
    """A desk over an index of the articles as they are."""
    building.build(settings, NOW)
    desk = Desk(settings, database, **options)
    desk.workbench.take_up_files(NOW)
    return desk


def set_field(text, name, value):
    """The text with one line of its front matter replaced, or added at its end."""
    lines = text.split("\n")
    end = lines.index("---", 1)
    kept = [line for line in lines[:end] if not line.startswith(f"{name}:")]
    return "\n".join([*kept, *([f"{name}: {value}"] if value is not None else []), *lines[end:]])
