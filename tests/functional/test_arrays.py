"""The arrays that answer beside the Whoosh index they were written with: the same documents, the same scores, the same order."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from builders import BODY, write_article, write_facts, write_lexicon
from whoosh import query as whoosh_query
from whoosh.index import open_dir
from whoosh.scoring import BaseScorer, WeightingModel

from indexer import build as building
from indexer import kernel, ranking, writing
from indexer.backends import CurrentSearcher
from indexer.fields import (
    ARTICLE_FIELDS,
    COVERAGE,
    FIELDS,
    K1,
    SECTION_COVERAGE,
    SECTION_FIELDS,
    STREAM_FIELDS,
    STREAMS,
)
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import KBError
from kb.visibility import ANYBODY

WORDS = [
    "挂失",
    "销户",
    "贷款",
    "还款",
    "理财",
    "3年期",
    "5万元",
    "Ⅱ类户",
    "手机号",
    "K宝",
    "网点",
    "手续费",
    "转账",
    "限额",
    "密码",
]


def classes():
    return ((tuple(ARTICLE_FIELDS), COVERAGE), (tuple(SECTION_FIELDS), SECTION_COVERAGE))


class Exhaustive(WeightingModel):
    """BM25 with one idf for the fields of a class and the generation's averages, as Whoosh's own search applies it."""

    def __init__(self, averages):
        self.averages = dict(zip(STREAM_FIELDS, averages, strict=True))

    def scorer(self, searcher, fieldname, text, qf=1):
        field, _, stream = fieldname.rpartition("_")
        idf = class_idf(searcher.reader(), field, stream, text)
        return FieldScorer(searcher, fieldname, FIELDS[field], STREAMS[stream], idf, self.averages[fieldname])


class FieldScorer(BaseScorer):
    def __init__(self, searcher, name, weight, stream, idf, average):
        self.searcher, self.name, self.weight, self.stream, self.idf, self.average = (
            searcher,
            name,
            weight,
            stream,
            idf,
            average,
        )

    def supports_block_quality(self):
        return False

    def score(self, matcher):
        length = self.searcher.doc_field_length(matcher.id(), self.name, 1)
        norm = K1 * (1 - self.weight.b + self.weight.b * length / self.average)
        tf = matcher.weight()
        return self.idf * self.weight.boost * self.stream * tf * (K1 + 1) / (tf + norm)


def holding(reader, fields, stream, text):
    """Live documents that have a term in any of some fields, by Whoosh's postings."""
    found = set()
    for field in fields:
        if (f"{field}_{stream}", text) in reader:
            found |= set(reader.postings(f"{field}_{stream}", text).all_ids())
    return {d for d in found if not reader.is_deleted(d)}


def size(reader, fields):
    """How many live documents there are of a class."""
    documents = dict(reader.iter_docs())
    return sum((f["anchor"] == "") == ("title" in fields) for f in documents.values())


def class_idf(reader, field, stream, text):
    fields = next(fields for fields, _ in classes() if field in fields)
    return idf(size(reader, fields), len(holding(reader, fields, stream, text)))


def idf(total, having):
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


def by_whoosh(folder, averages, query):
    """(key, anchor) → (score, coverage) of every live document that matches, from Whoosh alone."""
    with open_dir(folder / "whoosh").searcher(weighting=Exhaustive(averages)) as searcher:
        reader = searcher.reader()
        terms = [
            whoosh_query.Term(f"{field}_{t.stream}", t.text.encode(), boost=1.0)
            for t in query.terms
            for field in FIELDS
        ]
        scores = {}
        for part, term in zip(terms, (t for t in query.terms for _ in FIELDS), strict=True):
            for document, score in searcher.docs_for_query(part) and scored(searcher, part):
                scores[document] = scores.get(document, 0.0) + term.weight * score
        covered = coverage(reader, query)
        emphasis = {d: COVERAGE if f["anchor"] == "" else SECTION_COVERAGE for d, f in reader.iter_docs()}
        names = {d: (f["key"], f["anchor"]) for d, f in reader.iter_docs()}
        return {
            names[d]: (s * (1 - emphasis[d] + emphasis[d] * covered.get(d, 0.0)), covered.get(d, 0.0))
            for d, s in scores.items()
        }


def scored(searcher, part):
    """(document, score) for everything a term matches, by Whoosh's own matcher and scorer."""
    matcher = part.matcher(searcher)
    while matcher.is_active():
        yield matcher.id(), matcher.score()
        matcher.next()


def coverage(reader, query):
    places = {}
    for t in query.terms:
        if t.stream == "word":
            places.setdefault((t.start, t.end), []).append(t.text)
    covered = {}
    for fields, _ in classes():
        total = size(reader, fields)
        counted = min if "title" in fields else max
        found = [
            (counted(idf(total, len(holding(reader, fields, "word", t))) for t in texts),
             set().union(*(holding(reader, fields, "word", t) for t in texts)))
            for texts in places.values()
        ]  # fmt: skip
        whole = sum(weight for weight, _ in found) or 1.0
        for weight, documents in found:
            for d in documents:
                covered[d] = covered.get(d, 0.0) + weight / whole
    return covered


def by_arrays(searcher, query):
    """The same from the arrays."""
    planned = ranking.plan(query, searcher.postings)
    found = {}
    for number, (segment, state) in enumerate(zip(searcher.segments, searcher.states, strict=True)):
        sums, marks = np.empty((segment.documents, 2), np.float32), np.empty(segment.documents, np.int32)
        kernel.add_up(
            segment.posting_documents, segment.posting_impacts, planned.places[number], planned.groups, planned.weighed,
            sums, marks,
        )  # fmt: skip
        for document in np.flatnonzero(sums[:, 0] > 0).tolist():
            section = document - segment.articles
            emphasis = SECTION_COVERAGE if section >= 0 else COVERAGE
            summed, share = sums[document].tolist()
            article = document if section < 0 else int(segment.owners[section])
            if state.live[article]:
                name = (segment.key(article), segment.anchor(section) if section >= 0 else "")
                found[name] = (
                    summed * (1 - emphasis + share),
                    min(1.0, share / emphasis),
                )
    return found


def order(found):
    """Names best first; scores as near as float32 tells them apart are in the order of their names."""
    return sorted(found, key=lambda name: (-float(f"{found[name][0]:.4g}"), name))


@pytest.fixture
def segmented(monkeypatch):
    """Updates are appended even in a library that is small or changes a lot."""
    monkeypatch.setattr(writing, "RESTATE_BELOW", 0)
    monkeypatch.setattr(writing, "RESTATE_SHARE", 9.0)
    monkeypatch.setattr(writing, "MERGE_FACTOR", 2)


@pytest.fixture
def library(settings):
    """Forty articles of words that come up again and again."""
    chance = random.Random(11)
    write_lexicon(settings.articles, synonyms=["U盾 = K宝 = 网银盾", "销户 = 注销", "改绑 < 修改"])
    for number in range(40):
        write_random(settings.articles, f"article-{number}", chance)
    return settings


def write_random(root, name, chance, **more):
    title = "".join(chance.sample(WORDS, 3))
    body = f"## {chance.choice(WORDS)}\n{'、'.join(chance.sample(WORDS, 4))}。\n\n## {title}\n{BODY}"
    write_article(root, name, title=title, body=body, answer=f"{title}请到网点。", **more)


def edit(root, chance):
    """A few random changes."""
    for _ in range(chance.randint(1, 3)):
        files = sorted((root / "processes").glob("article-*.md"))
        if chance.random() < 0.3:
            chance.choice(files).unlink()
        else:
            write_random(root, f"article-{chance.randint(0, 60)}", chance)


def ask(settings, text):
    searcher = CurrentSearcher(settings).searcher()
    return searcher, searcher.understanding.understand(text, searcher.knows)


@pytest.mark.parametrize("seed", range(3))
def test_order_and_scores_are_those_of_whoosh(library, segmented, seed):  # row 70
    chance = random.Random(seed)
    building.build(library, now())
    most = 1
    for _ in range(5):
        edit(library.articles, chance)
        building.update(library, now())
        searcher = CurrentSearcher(library).searcher()
        most = max(most, len(searcher.segments))
        for _ in range(4):
            _, query = ask(library, "".join(chance.sample([*WORDS, "注销", "怎么办"], 3)))
            folder = library.index / searcher.generation
            expected, found = by_whoosh(folder, searcher.manifest.averages, query), by_arrays(searcher, query)
            assert order(found) == order(expected)
            for name, (score, covered) in expected.items():
                assert found[name] == (pytest.approx(score, rel=1e-4), pytest.approx(covered, rel=1e-4, abs=1e-6))
    assert most > 1


@pytest.mark.parametrize("seed", range(3))
def test_segments_answer_as_one_would(library, segmented, tmp_path, at, seed):  # row 70
    chance = random.Random(100 + seed)
    # what is learned waits for a whole build
    library = replace(library, learned=False)
    building.build(library, now())
    appended = 0
    for number in range(6):
        edit(library.articles, chance)
        building.update(library, now())
        searcher = CurrentSearcher(library).searcher()
        appended += len(searcher.segments) > 1
        fresh = replace(library, var=tmp_path / f"fresh-{number}")
        building.build(fresh, now())
        for _ in range(6):
            text = "".join(chance.sample([*WORDS, "注销"], 3))
            one, many = KnowledgeBase(CurrentSearcher(fresh)), KnowledgeBase(CurrentSearcher(library))
            assert many.hits(text, ANYBODY, at, 20) == one.hits(text, ANYBODY, at, 20)
            suggested = [base.suggest(text[:2], ANYBODY, at) for base in (many, one)]
            assert suggested[0] == suggested[1]
    assert appended


def test_named_files_are_taken_up_as_a_full_update_would(library, segmented, at):
    building.build(library, now())
    chance = random.Random(5)
    root = library.articles / "processes"
    write_random(library.articles, "article-3", chance)
    write_random(library.articles, "article-90", chance)
    (root / "article-7.md").unlink()
    named = [root / f"article-{n}.md" for n in (3, 90, 7)]
    made = building.update(library, now(), paths=named)
    assert (made.added, made.removed) == (2, 1)
    later = building.update(library, now())
    assert (later.added, later.removed, later.generation) == (0, 0, made.generation)


def test_a_successor_ends_its_predecessor_without_touching_it(library, segmented, at):
    write_random(library.articles, "article-1", random.Random(1), effective="2026-02-01", version=1)
    building.build(library, now())
    before = CurrentSearcher(library).searcher().segments[0].name
    path = library.articles / "processes/article-1.md"
    text = path.read_text("utf-8").replace("version: 1", "version: 2").replace("2026-02-01", "2026-12-01")
    following = path.with_name("article-1@2026-12-01.md")
    following.write_text(text, "utf-8")
    building.update(library, now(), paths=[following])
    searcher = CurrentSearcher(library).searcher()
    assert searcher.segments[0].name == before
    assert searcher.article("article-1@1").end == searcher.article("article-1@2").start
    assert searcher.current("article-1", at, ANYBODY).article.version == 1
    assert searcher.current("article-1", at.replace(month=12), ANYBODY).article.version == 2


@pytest.mark.parametrize(
    "name", ["../elsewhere.md", "_lexicon/terms.md", "processes/article-1.txt", "processes/.hidden.md"]
)
def test_a_name_that_can_be_no_article_is_refused_in_words(library, name):
    building.build(library, now())
    with pytest.raises(KBError, match="不是文章目录"):
        building.update(library, now(), paths=[library.articles / name])


def test_a_fact_that_no_article_uses_changes_nothing(library):
    first = building.build(library, now()).generation
    write_facts(library.articles, fee_card="每张5元", fee_other="每次9元")
    made = building.update(library, now())
    assert (made.added, made.generation) == (0, first)
