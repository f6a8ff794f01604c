"""Whether an index is what it should be: thirty ways in which it may not be, and each is found (O2, O6)."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from builders import write_article, write_small_library
from click.testing import CliRunner
from libraries import copied, settings_in

from indexer import build as building
from indexer import checksums, generations, writing
from indexer.backends import CurrentSearcher
from indexer.bundle import open_bundle, parts, write_bundle
from indexer.deep import differences, examine
from indexer.generations import MANIFEST
from kb import codec
from kb.cli import cli, register_commands
from kb.clock import now
from kb.errors import IndexCorrupt

register_commands()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """An index of two segments, with something deleted, as updates leave it."""
    settings = settings_in(tmp_path_factory.mktemp("sound"))
    write_small_library(settings.articles)
    for number in range(8):
        write_article(
            settings.articles, f"branch-{number}", title=f"网点{number}号的地址", answer=f"在第{number}大道。"
        )
    building.build(settings, now())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writing, "RESTATE_BELOW", 0)
        patched.setattr(writing, "RESTATE_SHARE", 9.0)
        write_article(settings.articles, "branch-3", title="网点3号的地址", answer="搬到了第30大道。")
        (settings.articles / "processes/branch-5.md").unlink()
        building.update(settings, now())
    assert len(manifest_of(settings).segments) == 2
    return settings


@pytest.fixture
def index(sound, tmp_path):
    """A copy that a test may spoil."""
    return copied(sound, tmp_path)


def folder_of(settings):
    return settings.index / generations.current_name(settings.index)


def manifest_of(settings):
    return generations.read_manifest(folder_of(settings))


def rewritten(path, change):
    """The arrays of a file as somebody would write them who makes a mistake."""
    arrays = {name: np.array(array) for name, array in open_bundle(path).items()}
    change(arrays)
    path.unlink()
    write_bundle(path, arrays)


def sealed_again(settings, **other):
    """With the checksums of what stands there now: only a look at the content can find what is wrong."""
    folder = folder_of(settings)
    manifest = replace(manifest_of(settings), files={}, **other)
    (folder / MANIFEST).unlink()
    checksums.forget()
    generations.seal(folder, manifest, {})


def spoiled(name, ending, change):
    """A fault in one array of the great segment."""

    def fault(settings):
        path = folder_of(settings) / "segments" / (manifest_of(settings).segments[0] + ending)

        def wrong(arrays):
            arrays[name] = change(arrays[name])

        rewritten(path, wrong)
        sealed_again(settings)

    return fault


def in_state(part, change):
    """A fault in what the generation says of its great segment."""

    def fault(settings):
        name = f"{manifest_of(settings).segments[0]}.{part}"

        def wrong(arrays):
            arrays[name] = change(arrays[name])

        rewritten(folder_of(settings) / "state.arrays", wrong)
        sealed_again(settings)

    return fault


def bytes_changed(pattern, place=0.5):
    def fault(settings):
        path = max(folder_of(settings).glob(pattern), key=lambda p: p.stat().st_size)
        data = bytearray(path.read_bytes())
        data[int(len(data) * place)] ^= 0x40
        path.unlink()
        path.write_bytes(bytes(data))

    return fault


def cut(pattern):
    def fault(settings):
        path = max(folder_of(settings).glob(pattern), key=lambda p: p.stat().st_size)
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data[: len(data) // 2])

    return fault


def zeroed(settings):
    path = max(folder_of(settings).glob("segments/*.serve"), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)
    path.unlink()
    path.write_bytes(bytes(data))


def gone(pattern):
    return lambda settings: next(folder_of(settings).glob(pattern)).unlink()


def stranger(settings):
    (folder_of(settings) / "segments/left-over.serve").write_bytes(b"x")


def other_text_stored(settings):
    """One article where another one should be, both readable."""
    path = folder_of(settings) / "segments" / (manifest_of(settings).segments[0] + ".texts")
    texts = parts(open_bundle(path), "stored")
    texts[0], texts[1] = texts[1], texts[0]
    assert codec.load(texts[0]).article.key != codec.load(texts[1]).article.key

    def wrong(found):
        found["stored"] = np.frombuffer(b"".join(texts), np.uint8)
        found["stored_ends"] = np.cumsum([0, *map(len, texts)], dtype=np.int64)

    rewritten(path, wrong)
    sealed_again(settings)


def whoosh_of_another_day(settings):
    """Whoosh's part is of the generation before."""
    older = generations.previous_name(settings.index)
    shutil.rmtree(folder_of(settings) / "whoosh")
    shutil.copytree(settings.index / older / "whoosh", folder_of(settings) / "whoosh")
    sealed_again(settings)


def without_whoosh(settings):
    shutil.rmtree(folder_of(settings) / "whoosh")
    sealed_again(settings)


def flipped(array):
    changed = array.copy()
    changed[len(changed) // 2] ^= 1
    return changed


def swapped(array):
    changed = array.copy()
    changed[[0, -1]] = changed[[-1, 0]]
    return changed


def doubled(array):
    changed = array.copy()
    changed[len(changed) // 2] *= 2
    return changed


FAULTS = {
    "a byte of what answers": bytes_changed("segments/*.serve"),
    "a byte of an article": bytes_changed("segments/*.texts"),
    "a byte of what only building needs": bytes_changed("segments/*.build"),
    "a byte of Whoosh's part": bytes_changed("whoosh/*.seg"),
    "a byte of Whoosh's table of contents": bytes_changed("whoosh/*.toc"),
    "a byte of the state": bytes_changed("state.arrays", 0.9),
    "a byte of the lexicon": bytes_changed("_lexicon/*.txt"),
    "a byte of the manifest": bytes_changed(MANIFEST),
    "what answers cut short": cut("segments/*.serve"),
    "articles cut short": cut("segments/*.texts"),
    "the manifest cut short": cut(MANIFEST),
    "a zeroed block": zeroed,
    "a segment gone": gone("segments/*.serve"),
    "the state gone": gone("state.arrays"),
    "a file that is not part of it": stranger,
    "fewer articles than the manifest says": lambda s: sealed_again(s, articles=manifest_of(s).articles + 1),
    "fewer documents than the manifest says": lambda s: sealed_again(s, documents=manifest_of(s).documents + 1),
    "a segment that the manifest does not name": lambda s: sealed_again(s, segments=manifest_of(s).segments[:1]),
    "another average length": lambda s: sealed_again(s, averages=[2 * a for a in manifest_of(s).averages]),
    "a posting at another document": spoiled("documents", ".serve", flipped),
    "a score that is too great": spoiled("impacts", ".serve", doubled),
    "a term that is found by another": spoiled("hashes", ".serve", swapped),
    "postings of another term": spoiled("places", ".serve", swapped),
    "keys in another order": spoiled("key", ".serve", flipped),
    "a section of another article": spoiled("anchor", ".serve", flipped),
    "a term counted otherwise": spoiled("counts", ".build", flipped),
    "a length that is wrong": spoiled("lengths", ".build", lambda a: a + np.uint32(1)),
    "an article that cannot be decoded": spoiled("stored", ".texts", lambda a: np.zeros_like(a)),
    "a card that cannot be decoded": spoiled("prepared", ".serve", lambda a: np.zeros_like(a)),
    "an article in the place of another": other_text_stored,
    "a deleted article back": in_state("live", lambda a: np.ones_like(a)),
    "an article that ends before it begins": in_state("start", lambda a: a + (1 << 62)),
    "terms of deleted articles not counted": in_state("gone_articles", lambda a: a + 1),
    "Whoosh's part of another generation": whoosh_of_another_day,
    "Whoosh's part gone": without_whoosh,
}


def test_a_sound_index_is_sound(index):
    assert examine(folder_of(index)) == []
    assert differences(folder_of(index), index.articles) == []


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_found(index, name):  # O2
    FAULTS[name](index)
    problems = examine(folder_of(index))
    assert problems
    assert all(len(problem) < 300 for problem in problems)


@pytest.fixture
def kb(index, monkeypatch):
    """The commands, over the copy."""
    monkeypatch.setenv("KB_ARTICLES", str(index.articles))
    monkeypatch.setenv("KB_VAR", str(index.var))
    return lambda *arguments: CliRunner().invoke(cli, [*arguments])


def test_the_command_says_what_is_wrong_and_exits_with_1(kb, index):  # O2
    sound = kb("index", "verify", "--deep")
    assert (sound.exit_code, sound.output.count("完好")) == (0, 2)
    FAULTS["a score that is too great"](index)
    assert kb("index", "verify").exit_code == 0
    found = kb("index", "verify", "--deep")
    assert found.exit_code == 1
    assert "倒排数组 impacts 和文档的词对不上" in found.output


@pytest.mark.parametrize("how", ["changed", "new", "gone"])
def test_articles_that_the_index_does_not_hold_are_named(kb, index, how):  # O2
    file = index.articles / "processes/branch-1.md"
    if how == "gone":
        file.unlink()
    elif how == "new":
        write_article(index.articles, "parrot", title="鹦鹉托运")
    else:
        file.write_text(file.read_text("utf-8").replace("大道", "小路"), "utf-8")
    found = kb("index", "verify", "--deep")
    assert found.exit_code == 1
    assert ("processes/parrot.md" if how == "new" else "processes/branch-1.md") in found.output
    assert kb("index", "update").exit_code == 0
    assert kb("index", "verify", "--deep").exit_code == 0


def test_a_file_with_a_mistake_has_its_last_good_version_there(kb, index):  # row 71
    (index.articles / "processes/branch-1.md").write_text("---\nid: [\n---\n", "utf-8")
    assert kb("index", "verify", "--deep").exit_code == 0


def made_by_another_program(settings):
    sealed_again(settings, fingerprint="0" * 16)


def with_other_words_in_its_manifest(settings):
    path = folder_of(settings) / MANIFEST
    content = json.loads(path.read_text())
    del content["seal"]
    content["compression"] = "zstd"
    path.write_text(json.dumps({**content, "seal": generations._seal(content)}))


@pytest.mark.parametrize("other", [made_by_another_program, with_other_words_in_its_manifest])
def test_an_index_of_another_version_is_refused_clearly_and_made_anew(kb, index, other):  # O6, row 74
    other(index)
    newest, older = generations.names(index.index)
    refused = kb("index", "verify")
    assert refused.exit_code == 1
    assert f"{newest} 有问题：索引 {newest} 是用另一个版本的程序建的" in refused.output
    # the one before it serves meanwhile, and nothing is answered from the other
    assert CurrentSearcher(index).searcher().generation == older
    updated = kb("index", "update")
    assert updated.exit_code == 0, updated.output
    assert CurrentSearcher(index).searcher().generation == generations.current_name(index.index) != newest
    assert examine(folder_of(index)) == []


def test_where_every_generation_is_of_another_version_nobody_is_answered_wrongly(kb, index):  # O6
    shutil.rmtree(index.index / generations.previous_name(index.index))
    made_by_another_program(index)
    with pytest.raises(IndexCorrupt, match="另一个版本的程序"):
        CurrentSearcher(index).searcher()
    asked = kb("search", "网点3号在哪")
    assert isinstance(asked.exception, IndexCorrupt)
    assert kb("index", "update").exit_code == 0
    assert kb("search", "网点3号在哪").exit_code == 0


def test_a_rolled_back_index_is_looked_at_before_it_serves(kb, index):  # row 67
    older = generations.previous_name(index.index)
    assert kb("index", "rollback").exit_code == 0
    assert generations.current_name(index.index) == older
