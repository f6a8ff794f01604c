"""Articles cut out of their segments and put together again are ranked as if they had never been apart."""

import random
from dataclasses import replace

import numpy as np
import pytest
from builders import write_article
from click.testing import CliRunner
from libraries import copied

from indexer import build as building
from indexer import ranking
from indexer.backends import CurrentSearcher
from indexer.cluster_documents import Place, index_body, place_of
from indexer.gathered import NOWHERE, Gathered, slice_of, terms_of
from indexer.reranking import Reranker
from indexer.slices import Slicer, opened
from kb.cli import cli, register_commands
from kb.clock import now
from kb.errors import IndexCorrupt
from kb.visibility import ANYBODY

register_commands()


def cut(searcher):
    """Every live article of a generation as a slice."""
    made = []
    for number, segment in enumerate(searcher.segments):
        slicer = Slicer(segment)
        for article in np.flatnonzero(searcher.states[number].live).tolist():
            key = segment.key(article)
            made.append(slice_of(key, number, article, opened(slicer.slice(article), key)))
    return made


def ranked(searcher, slices, query, limit):
    """The candidates and their order, from slices alone."""
    hashes = ranking.sought(query).hashes
    gathered = Gathered(slices, [terms_of(s.term_hashes, hashes) for s in searcher.segments])
    shown = searcher._shown_at(now(), ANYBODY)
    allowed = np.array([shown[s.segment][s.article] for s in gathered.slices], np.float32)
    asked = ranking.replanned(ranking.plan(query, searcher.postings), gathered.places)
    found = ranking.best(asked, 0, gathered, allowed, limit)[:limit]
    order = Reranker([gathered.wording], searcher._characters, None).reorder(query, found, limit)
    return [(gathered.key(0, f.article), gathered.anchor(0, f.named), f.score, f.coverage) for _, f in order]


def whole(searcher, query, limit):
    pool = searcher.pool(query, now(), ANYBODY, limit)
    order = pool.reranker.reorder(query, pool.found, limit)
    return [(pool.key(n, f.article), pool.anchor(n, f.named), f.score, f.coverage) for n, f in order]


def test_slices_of_everything_are_ranked_as_the_whole(sample_settings):
    searcher = CurrentSearcher(replace(sample_settings, learned=False)).searcher()
    slices = cut(searcher)
    chance = random.Random(3)
    questions = [q for a in chance.sample(slices, 40) for q in searcher.article(a.key).article.questions[:2]]
    assert len(questions) > 50
    for question in questions:
        query = searcher.understanding.understand(question, searcher.knows)
        chance.shuffle(slices)
        assert ranked(searcher, slices, query, 30) == whole(searcher, query, 30)


def test_slices_of_several_segments_too(sample_settings, tmp_path):
    settings = replace(copied(sample_settings, tmp_path), learned=False)
    write_article(settings.articles, "parrot", title="鹦鹉托运怎么办")
    building.update(settings, now())
    (settings.articles / "processes/lost-card-report.md").unlink(missing_ok=True)
    write_article(settings.articles, "parrot-2", title="鹦鹉托运要多少钱")
    building.update(settings, now())
    searcher = CurrentSearcher(settings).searcher()
    assert len(searcher.segments) > 1
    slices = cut(searcher)
    for question in ("鹦鹉托运", "托运多少钱", "换卡要带什么", "收不到验证码", "存款保险"):
        query = searcher.understanding.understand(question, searcher.knows)
        assert ranked(searcher, slices, query, 30) == whole(searcher, query, 30)


def test_a_question_without_candidates_has_no_hits(settings):
    building.build(settings, now())
    searcher = CurrentSearcher(settings).searcher()
    query = searcher.understanding.understand("换卡", searcher.knows)
    assert ranked(searcher, [], query, 10) == []


def test_terms_that_a_segment_does_not_have_stand_nowhere():
    table = np.array([3, 8, 20], np.uint64)
    asked = np.array([8, 4, 20, 99, 0], np.uint64)
    assert terms_of(table, asked).tolist() == [1, NOWHERE, 2, NOWHERE, NOWHERE]
    assert terms_of(table[:0], asked).tolist() == [NOWHERE] * 5


def test_ids_of_documents_say_where_an_article_is():
    place = Place("MAIN_x1", 17, 4)
    assert place_of(place.id) == place_of(place.clause(55)) == place
    # only calls that Elasticsearch 7.10 knows as well: strict mappings, one shard
    assert index_body()["mappings"]["dynamic"] == "strict"
    assert index_body()["settings"]["number_of_shards"] == 1


@pytest.mark.parametrize("words", [["index", "ship"], ["index", "ship", "--whole"]])
def test_without_a_cluster_there_is_nowhere_to_send(settings, words):
    env = {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var), "KB_SEARCH_URL": ""}
    ran = CliRunner().invoke(cli, words, env=env)
    assert ran.exit_code != 0
    assert "KB_SEARCH_URL" in (ran.output + str(ran.exception))


def test_a_slice_with_numbers_that_lead_elsewhere_is_refused(sample_settings):
    searcher = CurrentSearcher(sample_settings).searcher()
    sound = opened(Slicer(searcher.segments[0]).slice(0), "sound")
    assert slice_of("a@1", 0, 0, sound)
    for spoilt in (
        {"owned": np.full_like(sound["owned"], 60_000)},
        {"phrases_ends": sound["phrases_ends"] + 7},
        {"refused_ends": np.array([0, 9], np.int64)},
        {"terms": sound["terms"][:-1]},
    ):
        with pytest.raises(IndexCorrupt):
            slice_of("a@1", 0, 0, {**sound, **spoilt})
