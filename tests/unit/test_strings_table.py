"""Strings that are looked up where they lie, compared with Python's own dictionaries and sorting."""

import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.smallest import ascending, minima
from kb.strings_table import Strings, Table, encoded, join, pack_numbers, split

TEXT = st.text(st.one_of(st.characters(), st.sampled_from("abc银行卡")), max_size=6)
NUMBERS = st.lists(st.integers(0, 2**32 - 1), max_size=4)


@given(st.lists(TEXT))
def test_strings_are_read_back_by_their_number(strings):
    packed = Strings(memoryview(Strings.pack(strings)))
    assert [packed[i] for i in range(len(packed))] == strings


@given(st.dictionaries(TEXT, NUMBERS), st.lists(TEXT))
def test_a_table_finds_what_was_put_in_and_nothing_else(entries, others):
    table = Table(memoryview(Table.pack(entries)))
    assert len(table) == len(entries)
    for string in [*entries, *others]:
        found = table.find(encoded(string))
        assert (found and list(found)) == (found and entries.get(string))
        assert (found is not None) == (string in entries)


@given(st.dictionaries(TEXT, NUMBERS), TEXT)
def test_a_prefix_finds_every_string_that_begins_with_it(entries, prefix):
    table = Table(memoryview(Table.pack(entries)))
    start, end = table.starting_with(prefix)
    wanted = [n for string in sorted(entries) if string.startswith(prefix) for n in entries[string]]
    assert list(table.numbers[start:end]) == wanted


def test_a_table_is_used_in_a_mapped_file(tmp_path):
    path = tmp_path / "table"
    path.write_bytes(Table.pack({"银行": (3, 4), "银行卡": (5,)}))
    with path.open("rb") as file:
        table = Table(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    assert list(table.find(encoded("银行")) or ()) == [3, 4]
    assert table.starting_with("银") == (0, 3)


@given(st.lists(st.binary(max_size=9), min_size=1))
def test_parts_are_cut_where_they_were_joined(parts):
    assert [bytes(p) for p in split(join(parts))] == parts


@pytest.mark.parametrize("damaged", [b"", b"{}", b"\0\0\0\0", pack_numbers([2, 4]), pack_numbers([1, 9, 7])])
def test_what_is_no_table_is_refused(damaged):
    with pytest.raises(ValueError, match="a table"):
        split(damaged)


@given(st.lists(st.integers(0, 50), max_size=2000), st.integers(0, 2000), st.integers(0, 2000))
def test_numbers_of_a_stretch_come_from_the_smallest_on_each_once(numbers, one, other):
    start, end = sorted((min(one, len(numbers)), min(other, len(numbers))))
    assert list(ascending([numbers, *minima(numbers)], start, end)) == sorted(set(numbers[start:end]))


@given(st.permutations(range(600)), st.integers(0, 600), st.integers(0, 600))
def test_distinct_numbers_of_a_stretch_come_in_order(numbers, one, other):
    start, end = sorted((one, other))
    assert list(ascending([numbers, *minima(numbers)], start, end)) == sorted(numbers[start:end])
