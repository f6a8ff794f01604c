"""Words and phrases on the disk give what plain lists and dictionaries of the same articles give."""

import json
import math
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from builders import words_lookup
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, load_phrases_dict, pinyin

from kb.letters import Speller
from kb.lookup import Lookup, write_table
from kb.naming import Naming, is_chinese_word, naming
from kb.normalize import normalize
from kb.pinyin import READINGS, blurred, full, initials, slips, sounds_like, syllables
from kb.spelling import Corrector

LETTERS = st.text(st.sampled_from("abcdeghijklmnopqrstuwxyz"), max_size=8)


@dataclass
class Plain:
    """The reference: everything in lists and dictionaries, everything looked at."""

    namings: list[Naming]

    def __post_init__(self):
        self.words = Counter(word for n in self.namings for word in n.words)
        self.sounds = {}
        for word in self.words:
            self.sounds.setdefault(sounds_like(word), []).append(word)

    def suggest(self, text, most=400):
        typed = normalize(text[:60]).text.strip().replace(" ", "")
        found = [
            (place > 0, len(phrase), phrase, n.key)
            for n in self.namings
            for place, (phrase, keys) in enumerate(n.phrases)
            if typed and any(key.startswith(typed) for key in keys)
        ]
        return sorted(found)[:most]

    def spelt(self, letters):
        """The cheapest reading, over all ways to cut the letters; as southern speakers confuse them if there is no other."""
        return self._read(letters, blur=False) or self._read(letters, blur=True)

    def _read(self, letters, blur):
        total = sum(self.words.values()) + 1
        choices, confused = {}, {}
        for word, count in self.words.items():
            option = (-math.log(count / total), word)
            for key in {full(word), initials(word)} - {""}:
                choices.setdefault(key, []).append(option)
            confused.setdefault(blurred(full(word)), []).append(option)
        best = {0: (0.0, [])}
        for end in range(2, len(letters) + 1):
            for start in range(end - 1):
                part = letters[start:end]
                options = sorted(choices.get(part, ()) or (confused.get(blurred(part), ()) if blur else ()))
                if start in best and options:
                    cost = best[start][0] + options[0][0]
                    if end not in best or cost < best[end][0]:
                        best[end] = (cost, [*best[start][1], tuple(word for _, word in options[:3])])
        return best[len(letters)][1] if len(letters) in best else []

    def cost(self, count):
        return -math.log(count / (sum(self.words.values()) + 1))

    def candidate(self, wrong, shapes):
        """(cost, word): the likeliest word that a wrong stretch was meant to be."""
        alike = [w for w in self.sounds.get(sounds_like(wrong), ()) if len(w) <= 5 and w != wrong]
        near = [wrong[:i] + other + wrong[i + 1 :] for i, char in enumerate(wrong) for other in shapes.get(char, ())]
        options = [
            (self.cost(self.words[w]) + 3.0 + 1.5 * sum(map(slips, syllables(wrong), syllables(w))) + 6.0, w)
            for w in alike
            if set(w) & set(wrong) or len(w) > 2
        ]
        options += [(self.cost(self.words[w]) + 4.0 + 6.0, w) for w in near if w in self.words]
        return min(options, default=None)

    def correct(self, text, covered, shapes, dictionary):
        """(start, end, right) of every correction on the likeliest way to read a text, from its end."""
        total = sum(dictionary.values()) + 1
        best = {len(text): (0.0, ())}
        for start in range(len(text) - 1, -1, -1):
            options = []
            for end in range(start + 1, len(text) + 1):
                part = text[start:end]
                cost, found = best[end]
                count = dictionary.get(part, 0) or (len(part) == 1)
                if count:
                    said = math.log(total) - math.log(count)
                    if len(part) > 1 and self.words[part]:
                        said = min(said, self.cost(self.words[part]))
                    options.append((said + cost, found))
                elif 1 < len(part) <= 5 and is_chinese_word(part) and not all(covered[start:end]):
                    meant = self.candidate(part, shapes)
                    if meant:
                        options.append((meant[0] + cost, ((start, end, meant[1]), *found)))
            best[start] = min(options, key=lambda option: option[0])
        return list(best[0][1])


def ranks(phrases):
    return [(not p.is_title, len(p.text), p.text, p.key) for p in phrases]


@pytest.fixture(scope="module")
def namings(analyzer, sample_articles):
    return [naming(article, analyzer) for article in sample_articles]


@pytest.fixture(scope="module")
def plain(namings):
    return Plain(namings)


@pytest.fixture(scope="module")
def lookup(namings):
    return Lookup([write_table(namings)])


@pytest.fixture(scope="module")
def parted(namings):
    """The same in one large and two small tables, some versions of the first replaced by the others."""
    fresh = [replace(n, key=n.key + "0") for n in namings[3:40:5]]
    tables = [write_table(namings), write_table(fresh), write_table([replace(namings[7], key="more@1")])]
    gone = {n.key for n in namings[3:40:5]}
    return Lookup(tables, lambda table, key: table > 0 or key not in gone)


@pytest.fixture(scope="module")
def living(namings):
    """What should be found in `parted`."""
    gone = namings[3:40:5]
    kept = [n for n in namings if n not in gone]
    return Plain([*kept, *(replace(n, key=n.key + "0") for n in gone), replace(namings[7], key="more@1")])


def typed(namings):
    """Beginnings of what can be found, as written and in letters."""
    keys = sorted({key for n in namings for _, keys in n.phrases for key in keys})
    return sorted({key[:size] for key in keys for size in (1, 2, 3, 5, 9)})


def test_every_beginning_suggests_what_a_plain_list_does(namings, plain, lookup):  # row 16
    for text in typed(namings)[::8]:
        assert ranks(lookup.suggest(text)) == plain.suggest(text), text


def test_every_beginning_suggests_what_still_counts_in_several_tables(namings, living, parted):  # row 16
    for text in typed(namings)[::20]:
        assert ranks(parted.suggest(text, 50)) == living.suggest(text, 50), text


@settings(deadline=None)
@given(text=st.text(st.one_of(st.characters(), st.sampled_from("银行卡转账xgsjh ")), max_size=5))
def test_any_text_suggests_what_a_plain_list_does(plain, lookup, text):  # row 14
    assert ranks(lookup.suggest(text)) == plain.suggest(text)


def test_a_phrase_knows_its_article(namings, lookup):
    by_key = {n.key: n for n in namings}
    for phrase in lookup.suggest("y"):
        owner = by_key[phrase.key]
        assert (phrase.id, phrase.title) == (owner.id, owner.title)
        assert phrase.text in {text for text, _ in owner.phrases}


def test_words_are_counted_once_for_each_version(plain, lookup):
    assert len(plain.words) > 1000
    assert {w: lookup.frequency(w) for w in plain.words} == plain.words
    assert lookup.frequency("没有这个词") == 0


def test_letters_are_read_as_from_a_plain_dictionary(plain, lookup, sample_articles):  # row 9
    speller = Speller(lookup)
    inputs = {key for a in sample_articles for key in (initials(a.title)[:12], full(a.title)[:20]) if key.isalpha()}
    assert len(inputs) > 100
    for letters in sorted(inputs)[::6]:
        assert speller.words(letters) == (plain.spelt(letters) if len(letters) > 1 else []), letters


@settings(max_examples=40, deadline=None)
@given(letters=LETTERS)
def test_any_letters_are_read_as_from_a_plain_dictionary(plain, lookup, letters):  # row 9
    assert Speller(lookup).words(letters) == (plain.spelt(letters) if len(letters) > 1 else [])


def test_the_words_of_several_tables_count_together():  # row 9
    one, other = {"账单": 5, "早点": 2, "正大": 9, "照顶": 1}, {"早点": 8, "中的": 1}
    parted = Lookup([words_lookup(one), words_lookup(other)])
    whole = Lookup([words_lookup(Counter(one) + Counter(other))])
    for most in (1, 2, 3, 9):
        assert parted.words_spelt("zd", most) == whole.words_spelt("zd", most)
    assert parted.words_spelt("zd", 3) == [(10, "早点"), (9, "正大"), (5, "账单")]
    assert set(parted.words_sounding(sounds_like("早点"))) == {"早点"}
    assert Speller(parted).words("zdzd") == Speller(whole).words("zdzd")


def test_wrong_characters_become_what_a_plain_dictionary_says(plain, lookup, analyzer):  # row 8
    corrector = Corrector(lookup, analyzer.lexicon.shapes, analyzer.words, {})
    swapped = [w[:-1] + other for w in sorted(plain.words)[::20] for other in "事咔矢马号" if len(w) <= 5]
    found = [[(c.start, c.end, c.right) for c in corrector.correct(w, [False] * len(w))] for w in swapped]
    shapes, words = analyzer.lexicon.shapes, analyzer.words
    assert found == [plain.correct(w, [False] * len(w), shapes, words) for w in swapped]
    assert sum(map(bool, found)) > 20


@settings(deadline=None)
@given(data=st.data())
def test_questions_are_corrected_as_by_a_plain_dictionary(plain, lookup, analyzer, sample_articles, data):  # row 8
    asked = data.draw(st.sampled_from([q for a in sample_articles for q in (a.title, *a.questions, *a.test_queries)]))
    places = data.draw(
        st.dictionaries(st.integers(0, len(asked) - 1), st.sampled_from("事咔矢马号行长㐀x，未末"), max_size=2)
    )
    text = "".join(places.get(i, char) for i, char in enumerate(asked))
    covered = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    corrector = Corrector(lookup, analyzer.lexicon.shapes, analyzer.words, {})
    found = [(c.start, c.end, c.right) for c in corrector.correct(text, covered)]
    assert found == plain.correct(text, covered, analyzer.lexicon.shapes, analyzer.words)


def test_the_most_asked_come_first(namings, lookup, living, parted):  # row 20
    assert list(lookup.popular()) == [n.key for n in sorted(namings, key=lambda n: (-n.phrasings, n.key))]
    assert list(parted.popular()) == [n.key for n in sorted(living.namings, key=lambda n: (-n.phrasings, n.key))]


def test_an_empty_lookup_finds_nothing():  # row 14
    for empty in (Lookup(), Lookup([write_table([])])):
        assert empty.suggest("银") == list(empty.popular()) == empty.words_spelt("yh") == []
        assert empty.words_sounding("yin") is None
        assert empty.frequency("银行") == empty.longest_letters == 0


def test_a_naming_survives_its_row(namings):  # row 70
    for one in namings:
        assert Naming.from_row(json.loads(json.dumps(one.to_row()))) == one


def test_the_same_versions_in_any_order_make_the_same_table(namings):  # row 70
    assert write_table(namings) == write_table(reversed(namings))


@pytest.mark.parametrize("damaged", [b"", b"{}", b"\0" * 64])
def test_what_is_no_table_is_refused(damaged):  # row 74
    with pytest.raises(ValueError, match="table"):
        Lookup([damaged])


def test_a_table_cut_off_is_refused(namings):  # row 74
    table = write_table(namings[:3])
    with pytest.raises(ValueError, match="ends too early"):
        Lookup([table[: len(table) // 2]])


@pytest.fixture(scope="module")
def stock():
    """pypinyin, told the readings that banks use."""
    load_phrases_dict({word: [[syllable] for syllable in reading.split()] for word, reading in READINGS.items()})
    return lambda text: tuple(s[0] for s in pinyin(text, style=Style.NORMAL, errors="ignore", v_to_u=False))


@settings(deadline=None)
@given(text=st.text(st.one_of(st.characters(), st.sampled_from("银行长重还调行了得地地着参差，a1\n")), max_size=12))
def test_readings_are_those_of_pypinyin(stock, text):  # row 9
    assert syllables(text) == stock(text)


def test_readings_of_titles_and_words_are_those_of_pypinyin(stock, namings):  # row 9
    for text in {text for n in namings for text, _ in n.phrases} | {word for n in namings for word in n.words}:
        assert syllables(text) == stock(text)


def test_a_naming_keeps_keywords_and_the_characters_of_sentences(analyzer, sample_articles):  # row 27
    article = replace(sample_articles[0], keywords=("U 盾",), answer="先挂失，再挂失。好。\n\n再补办！", type="card")
    made = naming(article, analyzer, body=["到网点补办；带身份证"])
    assert made.keywords == (normalize("U 盾").text,)
    assert made.sentences == ("先挂失再", "到网点补办", "带身份证")
    assert naming(replace(article, type="regulation", questions=()), analyzer).sentences == ()
