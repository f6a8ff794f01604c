"""Backup and restore: everything comes back, on the same database or the other one, and nothing that was tampered with does."""

import hashlib
import io
import json
import os
import stat
import threading
import zipfile
from contextlib import nullcontext
from datetime import timedelta

import pytest
from builders import article_text, write_article, write_lexicon
from click.testing import CliRunner
from sqlalchemy import insert

from kb import backup_writer, restoring
from kb.backup_reader import Archive
from kb.cli_backup import backup, restore
from kb.db import audit, dump, sessions, upgrading, users
from kb.db.engine import Database
from kb.db.schema import COMMENTS, DRAFTS, GAPS, LINKS, METADATA, PUBLICATIONS, REVISIONS
from kb.errors import BackupProblem, DatabaseProblem

ODD = "𠮷 “引号” \\ \u2028\u202e\x1b 换\n行\r\n\t…"


def silent(done, total):
    assert 0 < done <= total


def add(connection, table, **values):
    return connection.execute(insert(table).values(values).returning(table.primary_key.columns[0])).scalar_one()


def fill(database, at):
    """Rows of many shapes in every kind of column."""
    with database.writing() as connection:
        author = users.add(connection, "editor", ODD, {"editor"}, at, queues={"信用卡"}).id
        other = users.add(connection, "approver", "", {"approver"}, at, password="$argon2id$x").id
        sessions.begin(connection, author, at)
        add(connection, LINKS, token="t", purpose="api", user_id=other, created=at, expires=at + timedelta(days=1))
        for number in range(1, 4):
            draft = add(connection, DRAFTS, path=f"processes/a{number}.md", text=ODD * 500, author_id=author, urgent=True,
                        editors=[author, other], created=at, updated=at + timedelta(microseconds=number))  # fmt: skip
            add(connection, COMMENTS, draft_id=draft, user_id=other, at=at, text=ODD)
            published = add(connection, PUBLICATIONS, draft_id=draft, text=ODD, at=at, applied=at)
            add(
                connection,
                REVISIONS,
                path=f"processes/a{number}.md",
                text=ODD,
                removed=False,
                at=at,
                publication_id=published,
            )
            audit.record(connection, at, "editor", "draft.approve", f"draft:{draft}", {"said": ODD})
        for _ in range(1200):
            add(connection, GAPS, question=ODD, at=at, confident=True)


def rows(database):
    """Everything that is in the database, but the last event, which says that a backup was put back."""
    with database.reading() as connection:
        found = {name: list(dump.lines(connection, name)) for name in dump.names()}
    return found


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def other_folder(tmp_path):
    return tmp_path / "other/articles"


@pytest.fixture
def other_database(request, tmp_path):
    """An empty SQLite database on another machine."""
    opened = Database(f"sqlite:///{tmp_path}/other/kb.db")
    yield opened
    opened.close()


@pytest.fixture
def make(settings, tmp_path, at):
    """Back a database and the settings' articles up; the file."""

    def make(database, name="backup.zip"):
        file = tmp_path / name
        return file, backup_writer.make(file, settings.articles, database, at, nullcontext(), silent)

    return make


def put_back(file, folder, database, at):
    return restoring.restore(file, folder, database, at, nullcontext(), silent)


def same_as_before(database, before):
    """Nothing is different but the event of restoring, and nobody is signed in."""
    after = rows(database)
    assert json.loads(after["audit"].pop())["action"] == "backup.restore"
    assert after == before
    with database.reading() as connection:
        assert audit.broken_at(connection) is None
        assert connection.execute(METADATA.tables["sessions"].select()).all() == []


def test_everything_comes_back(settings, any_database, other_folder, other_database, make, at):  # O1
    write_lexicon(settings.articles, synonyms=["U盾 = K宝"])
    fill(any_database, at)
    before = rows(any_database)
    file, made = make(any_database)
    assert made.manifest.tables["gaps"] == 1200
    put_back(file, other_folder, other_database, at)
    assert files(other_folder) == files(settings.articles)
    same_as_before(other_database, before)


def test_it_moves_from_sqlite_to_postgresql_and_on(settings, database, postgres, other_folder, make, at):  # O1
    fill(database, at)
    before = rows(database)
    file, _ = make(database)
    with postgres.database(template="template1") as moved:
        put_back(file, other_folder, moved, at)
        same_as_before(moved, before)
        # and numbers go on where they were
        with moved.writing() as connection:
            assert users.add(connection, "new", "", (), at).id == 3
            assert add(connection, GAPS, question="", at=at) == 1201


def test_the_same_fits_again_when_everything_is_replaced(settings, any_database, make, at):
    fill(any_database, at)
    before = rows(any_database)
    file, _ = make(any_database)
    write_article(settings.articles, "written-later")
    with any_database.writing() as connection:
        users.add(connection, "later", "", (), at)
    replaced = rows(any_database)["audit"]
    put_back(file, settings.articles, any_database, at)
    same_as_before(any_database, before)
    assert not list(settings.articles.rglob("written-later.md"))
    # the trail that was replaced is named in the one that goes on
    detail = json.loads(json.loads(rows(any_database)["audit"][-1])["detail"])
    assert detail["replaced_seq"] == len(replaced)
    assert detail["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_backup_is_for_its_owner_only_and_noted(any_database, make, at):
    old = os.umask(0)
    try:
        file, made = make(any_database)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with any_database.reading() as connection:
        event = audit.latest(connection, 1)[0]
    assert event.action == "backup.make"
    assert json.loads(event.detail)["sha256"] == made.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert [p.name for p in file.parent.glob(".backup*")] == []


def test_hidden_files_and_links_are_not_part_of_it(settings, database, make, tmp_path):  # I9
    (settings.articles / ".git").mkdir()
    (settings.articles / ".git/config").write_text("[core]")
    (settings.articles / "processes/link.md").symlink_to("/etc/passwd")
    (settings.articles / "folder").symlink_to("/etc")
    os.mkfifo(settings.articles / "processes/pipe.md")
    _, made = make(database)
    assert set(made.skipped) == {"processes/link.md", "folder", "processes/pipe.md"}
    assert not [name for name in made.manifest.members if "git" in name or "passwd" in name]


def test_a_file_that_is_there_is_not_overwritten(database, make, tmp_path):
    (tmp_path / "backup.zip").write_text("mine")
    with pytest.raises(BackupProblem, match="已经有了"):
        make(database)
    assert (tmp_path / "backup.zip").read_text() == "mine"


def test_made_under_load_it_is_of_one_moment(settings, any_database, other_folder, other_database, make, at):  # O1
    """Every writer adds a person, a draft and an event together: a backup holds as many of each."""
    stop = threading.Event()

    def work(worker):
        number = 0
        while not stop.is_set():
            number += 1
            with any_database.writing() as connection:
                author = users.add(connection, f"{worker}-{number}", "", (), at).id
                add(connection, DRAFTS, author_id=author, text="x" * 2000, created=at, updated=at)
                audit.record(connection, at, "甲", "draft.begin")

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    made = [make(any_database, f"{n}.zip") for n in range(4)]
    stop.set()
    for worker in workers:
        worker.join()
    for number, (_, done) in enumerate(made):
        counts = done.manifest.tables
        # the backups before it are events too
        assert counts["users"] == counts["drafts"] == counts["audit"] - number
        assert done.manifest.audit.broken_at is None
    assert made[-1][1].manifest.tables["users"] > made[0][1].manifest.tables["users"]
    put_back(made[-1][0], other_folder, other_database, at)
    with other_database.reading() as connection:
        assert users.count(connection) == counts["users"]


@pytest.fixture
def whole(settings, database, make, at):
    """A backup with something in it."""
    fill(database, at)
    return make(database)[0]


def rewritten(file, change, *, fix_manifest=False):
    """The same archive with other members; `fix_manifest`: as somebody does who knows what a manifest is for."""
    with zipfile.ZipFile(file) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    change(members)
    if fix_manifest:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.fixture
def refused(other_folder, other_database, at):
    """Restoring a file is refused, says why, and leaves nothing behind."""

    def check(file, why):
        with pytest.raises(BackupProblem, match=why) as caught:
            put_back(file, other_folder, other_database, at)
        assert "没有改动" in str(caught.value)
        assert not other_folder.exists() or list(other_folder.iterdir()) == []
        with other_database.reading() as connection:
            assert upgrading.standing(connection) == "empty"
        assert list(other_folder.parent.parent.glob("*.md")) == []

    return check


def test_every_flipped_or_cut_piece_is_found(whole, refused, tmp_path):  # O1
    data = whole.read_bytes()
    for step in range(40):
        place = step * len(data) // 40
        damaged = bytearray(data)
        damaged[place] ^= 0x20
        whole.write_bytes(damaged)
        try:
            with Archive(whole) as archive:
                archive.check()
        except BackupProblem:
            pass
        else:
            # a name's case, a time: nothing that is put back
            with Archive(whole) as archive, zipfile.ZipFile(io.BytesIO(data)) as sound:
                for name, content in archive.articles():
                    assert sound.read(f"articles/{name}") == content
        whole.write_bytes(data[:place])
        refused(whole, "打不开|不是备份")


def test_a_changed_member_is_found(whole, refused):
    with zipfile.ZipFile(whole) as archive:
        name = next(n for n in archive.namelist() if n.startswith("articles/processes/"))

    def same_length(members):
        members[name] = members[name].replace("身份证".encode(), "户口本".encode())

    rewritten(whole, same_length)
    refused(whole, "和做备份时不一样")


@pytest.mark.parametrize(
    "name",
    [
        "articles/../../escape.md",
        "/etc/cron.d/x",
        "articles//x.md",
        "articles/./x.md",
        "articles/.git/hooks/post-checkout",
        "articles/a\\..\\b.md",
        "articles/C:x.md",
        "articles/x\n.md",
        "articles/",
        "articles/" + "x" * 256 + ".md",
        "database/../x.jsonl",
        "database/x.sql",
        "other/x",
        "x",
    ],
)
def test_names_that_lead_elsewhere_are_refused(whole, refused, name):  # I9
    rewritten(whole, lambda members: members.update({name: b"x"}), fix_manifest=True)
    refused(whole, "不该有的文件")


def test_links_are_refused(whole, refused):  # I9
    rewritten(whole, lambda members: members.update({"articles/link": b"/etc/passwd"}), fix_manifest=True)
    with zipfile.ZipFile(whole) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(whole, "w") as archive:
        for info, data in members:
            if info.filename == "articles/link":
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, data)
    refused(whole, "不该有的文件")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_refused(whole, refused):
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr("manifest.json", b"{}")
    refused(whole, "重名")


def test_members_that_nobody_promised_are_refused(whole, refused):
    rewritten(whole, lambda members: members.update({"articles/new.md": b"x"}))
    refused(whole, "manifest.json 说的不一样：articles/new.md")


def test_missing_members_are_refused(whole, refused):
    rewritten(whole, lambda members: members.pop("database/users.jsonl"))
    refused(whole, "manifest.json 说的不一样")


def test_bombs_are_refused_before_they_are_unpacked(whole, refused):
    rewritten(whole, lambda members: members.update({"articles/x.md": bytes(200 << 20)}), fix_manifest=True)
    assert whole.stat().st_size < 1 << 20
    refused(whole, "大得不合常理")


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (b"", "manifest.json"),
        (b"[]", "写得不对"),
        (b"{}", "写得不对"),
        (b"[" * 100_000, "写得不对"),
        (b'{"format": 2}', "格式是 2"),
        (b'{"format": 1, "members": {"articles/x": 5}}', "写得不对"),
    ],
)
def test_manifests_that_make_no_sense_are_refused(whole, refused, manifest, why):
    rewritten(whole, lambda members: members.update({"manifest.json": manifest}))
    refused(whole, why)


def test_what_is_no_backup_is_refused(tmp_path, refused):
    file = tmp_path / "x.zip"
    for content, why in ((b"not a zip", "不是备份"), (b"", "不是备份")):
        file.write_bytes(content)
        refused(file, why)
    file.unlink()
    refused(file, "打不开")
    file.mkdir()
    refused(file, "打不开")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"[]", "第 1 行写得不对"),
        (b"{}", "第 1 行写得不对"),
        (b"\xff", "第 1 行写得不对"),
        (b'{"token": "t", "purpose": "api", "user_id": 99, "created": "2026-01-01T00:00:00+00:00", '
         b'"expires": "2026-01-01T00:00:00+00:00", "used": null}', "放不进数据库"),
        (b'{"token": "t", "purpose": "api", "user_id": 1, "created": "2026-01-01T00:00:00", '
         b'"expires": "2026-01-01T00:00:00+00:00", "used": null}', "第 1 行写得不对"),
        (b'{"token": "t", "purpose": null, "user_id": 1, "created": "2026-01-01T00:00:00+00:00", '
         b'"expires": "2026-01-01T00:00:00+00:00", "used": null}', "放不进数据库"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_are_refused(whole, refused, line, why):
    rewritten(whole, lambda members: members.update({"database/links.jsonl": line + b"\n"}), fix_manifest=True)
    refused(whole, why)


def test_another_number_of_rows_is_refused(whole, refused):
    rewritten(whole, lambda members: members.update({"database/links.jsonl": b""}), fix_manifest=True)
    refused(whole, "有 0 行，manifest.json 说是 1 行")


def test_a_trail_that_was_changed_is_refused(whole, refused):  # P5
    def change(members):
        members["database/audit.jsonl"] = members["database/audit.jsonl"].replace(b"draft.approve", b"draft.recall", 1)

    rewritten(whole, change, fix_manifest=True)
    refused(whole, "审计记录和做备份时不一样")


def test_a_trail_that_was_broken_already_comes_back_as_it_was(database, make, other_folder, other_database, at):
    fill(database, at)
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'x' WHERE seq = 2")
    file, made = make(database)
    assert made.manifest.audit.broken_at == 2
    assert put_back(file, other_folder, other_database, at).audit.broken_at == 2


def test_a_backup_of_a_newer_program_is_refused(whole, refused):  # O6
    def change(members):
        manifest = json.loads(members["manifest.json"])
        members["manifest.json"] = json.dumps({**manifest, "schema": "9999"}).encode()

    rewritten(whole, change)
    refused(whole, f"只认识到 {upgrading.head()} 版")


def test_a_database_without_tables_is_not_backed_up(empty_database, make):
    with pytest.raises(DatabaseProblem, match="kb db upgrade"):
        make(empty_database)


@pytest.fixture
def run(settings, database, monkeypatch, at):
    """The commands, on the settings' folders, in which there is something."""
    monkeypatch.setenv("KB_ARTICLES", str(settings.articles))
    monkeypatch.setenv("KB_VAR", str(settings.var))
    fill(database, at)
    return lambda command, *arguments: CliRunner().invoke(command, [str(a) for a in arguments])


def test_the_drill_of_an_operator(run, settings, database, tmp_path, monkeypatch):  # O1
    file = tmp_path / "backup.zip"
    made = run(backup, file)
    assert made.exit_code == 0, made.output
    assert f"文章目录 {len(files(settings.articles))} 个文件" in made.output
    checked = run(restore, "--check", file)
    assert checked.exit_code == 0
    assert "完好" in checked.output
    # an empty machine
    monkeypatch.setenv("KB_ARTICLES", str(tmp_path / "empty/articles"))
    monkeypatch.setenv("KB_VAR", str(tmp_path / "empty/var"))
    restored = run(restore, file)
    assert restored.exit_code == 0, restored.output
    assert "kb index build" in restored.output
    assert files(tmp_path / "empty/articles") == files(settings.articles)


def test_what_is_there_is_replaced_only_with_force_and_after_a_backup_of_it(run, settings, tmp_path):
    file = tmp_path / "backup.zip"
    run(backup, file)
    write_article(settings.articles, "mine")
    before = files(settings.articles)
    refused = run(restore, file)
    assert isinstance(refused.exception, BackupProblem)
    assert "--force" in str(refused.exception)
    assert files(settings.articles) == before
    forced = run(restore, "--force", file)
    assert forced.exit_code == 0, forced.output
    assert "processes/mine.md" not in files(settings.articles)
    (safety,) = settings.var.glob("before-restore-*.zip")
    with Archive(safety) as archive:
        assert dict(archive.articles()) == before


def test_a_damaged_backup_replaces_nothing_even_with_force(run, settings, tmp_path):
    file = tmp_path / "backup.zip"
    run(backup, file)
    file.write_bytes(file.read_bytes()[:-100])
    before = files(settings.articles)
    assert isinstance(run(restore, "--force", file).exception, BackupProblem)
    assert files(settings.articles) == before
    assert list(settings.var.glob("before-restore-*")) == []


def test_hidden_files_of_the_folder_stay_when_its_content_is_replaced(run, settings, tmp_path):
    (settings.articles / ".git").mkdir()
    (settings.articles / ".git/HEAD").write_text("ref")
    run(backup, tmp_path / "backup.zip")
    assert run(restore, "--force", tmp_path / "backup.zip").exit_code == 0
    assert (settings.articles / ".git/HEAD").read_text() == "ref"
    assert not list(settings.articles.glob(".restoring*"))


def test_articles_come_back_byte_for_byte(settings, database, make, other_folder, other_database, at):
    odd = settings.articles / "processes" / "odd.md"
    odd.write_bytes(article_text("odd").replace("\n", "\r\n").encode("utf-8-sig") + b"\xff\x00")
    file, _ = make(database)
    put_back(file, other_folder, other_database, at)
    assert (other_folder / "processes/odd.md").read_bytes() == odd.read_bytes()
