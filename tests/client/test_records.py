"""Records: however the stream is cut, the records are the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gearcli.client.records import Given, Splitter, Stream
from gearcli.errors import InputError
from tests.support import FRAGMENTATIONS

CASES = [
    (b"\n", b"a\nb\n", [b"a", b"b"]),
    (b"\n", b"a\nb", [b"a", b"b"]),
    (b"\n", b"\n\na\n\n", [b"", b"", b"a", b""]),
    (b"\n", b"no delimiter", [b"no delimiter"]),
    (b"\0", b"a\nb\0\0c\0", [b"a\nb", b"", b"c"]),
    (b"\r\n", b"a\r\nb\rc\nd\r\n", [b"a", b"b\rc\nd"]),
    (b"abc", b"xabcababcabcabyabc", [b"x", b"ab", b"", b"aby"]),
    (b"aa", b"aaaaa", [b"", b"", b"a"]),
    (b"--==--", b"one--==--==--two--==-", [b"one", b"==--two--==-"]),
    ("→".encode(), "a→b→".encode(), [b"a", b"b"]),
]


def split(splitter: Splitter, pieces: list[bytes]) -> list[bytes]:
    """All records of a stream that arrives in pieces."""
    return [record for piece in pieces for record in splitter.feed(piece)] + splitter.end()


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize(("delimiter", "data", "records"), CASES)
def test_fragments_change_nothing(
    delimiter: bytes, data: bytes, records: list[bytes], cut: Callable[[bytes], list[bytes]]
) -> None:
    assert records == split(Splitter(delimiter), cut(data))


@pytest.mark.parametrize(("delimiter", "data", "records"), CASES)
def test_every_cut_in_two_changes_nothing(delimiter: bytes, data: bytes, records: list[bytes]) -> None:
    cuts = [split(Splitter(delimiter), [data[:i], data[i:]]) for i in range(len(data) + 1)]
    assert [records] * (len(data) + 1) == cuts


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize("data", [data for _, data, _ in CASES])
def test_kept_delimiters_give_the_stream_back(data: bytes, cut: Callable[[bytes], list[bytes]]) -> None:
    assert data == b"".join(split(Splitter(b"\n", keep=True), cut(data)))
    assert data == b"".join(split(Splitter(b"abc", keep=True), cut(data)))


def test_a_record_leaves_as_soon_as_it_is_complete() -> None:
    splitter = Splitter(b"--")
    assert [[], [], [b"a"], [b"b"]] == [splitter.feed(piece) for piece in (b"a", b"-", b"-b", b"--")]


def test_an_empty_stream_has_no_record() -> None:
    assert [] == split(Splitter(b"\n"), [])


def test_a_splitter_can_begin_again() -> None:
    splitter = Splitter(b"\n")
    assert [b"a", b"b"] == split(splitter, [b"a\nb"])
    assert [b"c"] == split(splitter, [b"c"])


def test_given_workloads_are_all_there() -> None:
    source = Given([b"a", b""])
    source.read()
    assert ([b"a", b""], True, -1) == (list(source.records), source.ended, source.fileno())


# -- streams --------------------------------------------------------------------


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe; the writing one is the test's to close."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_a_stream_gives_what_is_there(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    source = Stream([reading], ["standard input"], Splitter(b"\n"))
    os.write(writing, b"a\nb")
    source.read()
    assert ([b"a"], False) == (list(source.records), source.ended)
    os.close(writing)
    source.read()
    assert ([b"a", b"b"], True) == (list(source.records), source.ended)


def test_a_stream_that_has_nothing_does_not_wait(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.set_blocking(reading, False)
    source = Stream([reading], ["standard input"], Splitter(b"\n"))
    source.read()
    assert ([], False) == (list(source.records), source.ended)
    os.close(writing)


def test_files_follow_one_another(tmp_path: Path) -> None:
    """The last line of a file does not run into the next file."""
    contents = [b"a\nb", b"", b"c\n"]
    paths = [tmp_path / str(number) for number in range(3)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    descriptors = [os.open(path, os.O_RDONLY) for path in paths]
    source = Stream(descriptors, [str(path) for path in paths], Splitter(b"\n"))
    while not source.ended:
        source.read()
    for descriptor in descriptors:
        os.close(descriptor)
    assert [b"a", b"b", b"c"] == list(source.records)


def test_no_streams_are_at_their_end() -> None:
    assert Stream([], [], Splitter(b"\n")).ended


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(InputError, match="cannot read the folder: is a directory"):
            Stream([folder], ["the folder"], Splitter(b"\n")).read()
    finally:
        os.close(folder)
