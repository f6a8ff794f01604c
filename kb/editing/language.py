"""Plain language: words that must not be said to a customer, jargon, and long sentences. Pure; places are found afterwards.

| what | where | level |
|---|---|---|
| forbidden word (`_lexicon/forbidden.txt`) | whatever is read aloud or shown as a fact; the body of a product | error |
| the same | the body of a process or a complaint | warning |
| jargon (`_lexicon/jargon.txt`) that is not explained | answer and tones | warning |
| sentence of more than 40 characters | answer, tones, promises, risk sentence, reason why not by phone | warning |
| more than 20 seconds to read aloud | each tone | warning |

A forbidden word may be denied (不保本, 不是没有风险), or quoted as what must not be said or believed (说“稳赚”的都是骗子). What an
article lists as not to be said is not looked at. Articles taken over from another system are only warned about forbidden words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Literal

from kb.editing.speech import LONG, TONES, reading_seconds, too_long
from kb.lexicon import Lexicon
from kb.normalize import normalize
from kb.types import Article, ComplaintDetail, ProductDetail

SENTENCE_LENGTH = 40
# a word that customers use themselves in the phrasings of so many articles needs no explanation
EVERYDAY = 3
Level = Literal["error", "warning"]
# `answer`, `tones.short`, `channels.0.fee`, `body`
Place = str

_SENTENCE = re.compile(r"[^。！？；!?;\n]+")
# characters around a word in which something may excuse it
_NEAR = 80
_SILENT = re.compile(r"[\s，、：:,“”‘’\"'（）()《》〈〉—…·]")
# what denies the words after it, unless it only begins another word
_NOT = r"(?:不(?![但仅只光单管论用必断错少过同妨])|没有?|未|非|无|勿|别|(?:禁|严禁|禁止|拒绝|杜绝|谢绝)|哪[有来]的?|谁也|没人|假的?|所谓)"
_BRIDGE = (
    r"(?:是|会|能够?|得|可以?|要|该|应该?|存在|等于|代表|意味着?|有|属于|宣[传称]|声称|说成?|讲|提供|给|对?客户|您|任何|所谓的?|什么|"
    r"再|一定|都|全|完全|构成|[当看]成|当作|轻?信|相信|许诺|承诺|保证|口头|打电话帮|帮|的|就|[“”‘’「」\"、，和或及与])"
)
_DENIED = re.compile(rf"{_NOT}{_BRIDGE}{{0,6}}$")
_CLAUSE_END = re.compile(r"[。！？；!?;\n]")
_DISAPPROVED = re.compile(
    r"不要|不能|不得|不许|不可|不信|不存在|不会|不是|别|勿|禁|违规|违法|骗|诈|谎|假|套路|误导|夸大|当心|警惕|投诉|听到|凡是"
)
_DENOUNCED = re.compile(
    r"^[”’」』]?的?(?:话|人|说法)?[也都全就]{0,2}(?:是|属于|叫)?(?:骗|诈|假|谎|违规|违法|不可信|别信)"
)
_OPENING, _CLOSING = '“‘「『"', '”’」』"'
# words that end or begin with a part of a listed word by chance: 确保本人 has no 保本 in it
_NEIGHBOURS = re.findall(
    r"\S+",
    "本人 本行 本金 本息 本次 本期 本月 本年 本机 本卡 本地 本市 本网点 本单位 本来 身份 确保 担保 投保 参保 退保 社保 医保 环保 "
    "有没有 有无",
)
_PUNCTUATION = str.maketrans(",;:?!", "，；：？！")
_EXPLAINED = re.compile(r"^[”」]?(?:[（(]|，?(?:就是|也就是|是指|指的是|即|意思是|相当于))")
_NAMED = re.compile(r"(?:叫|叫做|称为|也就是|就是|俗称)[“「]?$")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in the language of an article, and where."""

    place: Place
    # as it stands in the text; empty where the whole text is meant
    words: str
    message: str
    level: Level = "warning"


def remarks(article: Article, lexicon: Lexicon, everyday: Set[str] = frozenset()) -> list[Remark]:
    """Everything that can be said of an article's language; `everyday`: jargon that customers know, see `everyday_words`."""
    words = _words_of(lexicon)
    if article.status == "imported":
        return [Remark(r.place, r.words, r.message) for r in _forbidden(article, words)]
    return [*_forbidden(article, words), *_jargon(article, words, everyday), *_long_sentences(article), *_slow(article)]


def everyday_words(articles: Iterable[Article], lexicon: Lexicon) -> frozenset[str]:
    """Jargon that customers use themselves, in the phrasings of at least three articles."""
    words = _words_of(lexicon)
    count: Counter[str] = Counter()
    for article in {a.id: a for a in articles}.values():
        count.update({word for word, *_ in words.jargon.find("\n".join((article.title, *article.questions)))})
    return frozenset(word for word, times in count.items() if times >= EVERYDAY)


def spoken(article: Article) -> Iterator[tuple[Place, str]]:
    """What an agent reads aloud, sentence by sentence."""
    yield "answer", article.answer
    for tone in ("short", "elder", "soothe"):
        yield f"tones.{tone}", getattr(article.tones, tone)
    yield "by_phone_why", article.by_phone_why
    if isinstance(article.detail, ProductDetail):
        yield "risk_sentence", article.detail.risk_sentence
    if isinstance(article.detail, ComplaintDetail):
        yield from ((f"promise.{n}", text) for n, text in enumerate(article.detail.promise))


def told(article: Article) -> Iterator[tuple[Place, str]]:
    """What is told as a fact beyond that: channels, key numbers, for whom."""
    for number, channel in enumerate(article.channels):
        for slot in ("materials", "duration", "fee", "hours", "if_fails"):
            yield f"channels.{number}.{slot}", getattr(channel, slot)
    if isinstance(article.detail, ProductDetail):
        yield "title", article.title
        yield "suitable_for", article.detail.suitable_for
        for number, value in enumerate(article.detail.key_numbers):
            yield f"key_numbers.{number}.value", value.value


class _Words:
    """A list of words to be found in normalised texts, the longest first; not where another word only runs across it."""

    def __init__(self, meanings: dict[str, str], neighbours: Iterable[str]) -> None:
        # the lexicon is normalised, and people read Chinese punctuation
        self.meanings = {word: meaning.translate(_PUNCTUATION) for word, meaning in meanings.items()}
        longest_first = sorted(meanings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if meanings else None
        self._by_first: dict[str, list[str]] = {}
        self._by_last: dict[str, list[str]] = {}
        for word in neighbours:
            if len(word) > 1 and word not in meanings:
                self._by_first.setdefault(word[0], []).append(word)
                self._by_last.setdefault(word[-1], []).append(word)

    def find(self, raw: str) -> Iterator[tuple[str, str, int, int]]:
        """(word, normalised text, start, end) of every occurrence."""
        if self._pattern is None or not raw:
            return
        text = normalize(raw).text
        for match in self._pattern.finditer(text):
            if not self._crossed(text, match.start(), match.end()):
                yield match[0], text, match.start(), match.end()

    def _crossed(self, text: str, start: int, end: int) -> bool:
        """Whether a word begins before the end and goes on, or begins before the start and ends inside."""
        for at in range(start + 1, end):
            if any(at + len(w) > end and text.startswith(w, at) for w in self._by_first.get(text[at], ())):
                return True
        for at in range(start, end - 1):
            if any(at + 1 - len(w) < start and text.endswith(w, 0, at + 1) for w in self._by_last.get(text[at], ())):
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Lists:
    forbidden: _Words
    jargon: _Words


_MADE: list[tuple[Lexicon, _Lists]] = []


def _words_of(lexicon: Lexicon) -> _Lists:
    """The lists of a lexicon, made once."""
    found = next((lists for made, lists in _MADE if made is lexicon), None)
    if found is None:
        found = _Lists(
            _Words(lexicon.forbidden, _NEIGHBOURS),
            _Words(lexicon.jargon, [*lexicon.words(), *_NEIGHBOURS]),
        )
        _MADE[:] = [*_MADE, (lexicon, found)][-4:]
    return found


def _forbidden(article: Article, words: _Lists) -> Iterator[Remark]:
    body: dict[str, Level] = {"product": "error", "process": "warning", "complaint": "warning"}
    texts: list[tuple[Place, str, Level]] = [(p, text, "error") for p, text in (*spoken(article), *told(article))]
    if article.type in body:
        texts.append(("body", article.body, body[article.type]))
    for place, raw, level in texts:
        told_here: set[str] = set()
        for word, text, start, end in words.forbidden.find(raw):
            if word not in told_here and not _excused(text, start, end):
                told_here.add(word)
                instead = words.forbidden.meanings[word]
                said = (
                    f"“{word}”不能对客户说。可以说：{instead}。"
                    if level == "error"
                    else f"“{word}”不要对客户说。可以说：{instead}。"
                )
                yield Remark(place, word, said, level)


def _excused(text: str, start: int, end: int) -> bool:
    """Whether a forbidden word is denied, or quoted as something not to be said or believed."""
    before = _CLAUSE_END.split(text[max(0, start - _NEAR) : start])[-1]
    after = text[end : end + _NEAR]
    if _DENIED.search(before) or _DENOUNCED.match(after):
        return True
    sentence = before + text[start:end] + _CLAUSE_END.split(after)[0]
    quoted = _last(before, _OPENING) > _last(before, _CLOSING.replace('"', ""))
    return quoted and _DISAPPROVED.search(sentence) is not None


def _last(text: str, marks: str) -> int:
    return max((text.rfind(mark) for mark in marks), default=-1)


def _jargon(article: Article, words: _Lists, everyday: Set[str]) -> Iterator[Remark]:
    own = normalize("\n".join((article.title, *article.questions))).text
    for place, raw in spoken(article):
        if place != "answer" and not place.startswith("tones."):
            continue
        told_here: set[str] = set()
        for word, text, start, end in words.jargon.find(raw):
            if word in own or word in everyday or word in told_here or _explained(text, start, end):
                continue
            told_here.add(word)
            yield Remark(place, word, f"“{word}”客户可能听不懂，可以说：{words.jargon.meanings[word]}。")


def _explained(text: str, start: int, end: int) -> bool:
    """Whether the text itself says what a word means, or quotes it as the name of something."""
    quoted = text[start - 1 : start] in tuple("“「‘") or text[end : end + 1] in tuple("”」’")
    return quoted or bool(_EXPLAINED.match(text[end:])) or bool(_NAMED.search(text[:start]))


def _long_sentences(article: Article) -> Iterator[Remark]:
    for place, text in spoken(article):
        for match in _SENTENCE.finditer(text):
            length = len(_SILENT.sub("", match[0]))
            if length > SENTENCE_LENGTH:
                said = f"这一句有 {length} 个字（不算标点），超过 {SENTENCE_LENGTH} 个字，念起来费力，请断成两句。"
                yield Remark(place, match[0].strip()[:12], said)


def _slow(article: Article) -> Iterator[Remark]:
    for tone, found in too_long(reading_seconds(article)).items():
        place = "answer" if tone == "standard" else f"tones.{tone}"
        yield Remark(place, "", f"{TONES[tone]}念完要 {found:.0f} 秒，超过 {LONG:.0f} 秒，客户会听不下去，请删短。")
