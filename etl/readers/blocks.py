"""Where the records of a delimited file stand: blocks of whole records, scanned in parallel."""

from __future__ import annotations

import mmap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from etl.readers import _scan
from etl.readers.encoding import Census

BLOCK_BYTES = 1 << 24


@dataclass(frozen=True)
class Block:
    """Whole records from byte `begin` to `end`; `first_line` is the 1-based line of its first.

    `skipped` holds the line (from 0) of each good record, or None when they follow one another.
    `bad` has a row a record that cannot be parsed: begin, end, line, flags, number of fields.
    """

    begin: int
    end: int
    first_line: int
    n_good: int
    result: np.ndarray
    bad: np.ndarray
    skipped: np.ndarray | None

    def lines(self) -> np.ndarray:
        """Return the line of each good record."""
        if self.skipped is None:
            return np.arange(self.first_line, self.first_line + self.n_good)
        return self.skipped + self.first_line

    def good_bytes(self, data: memoryview) -> memoryview | bytes:
        """Return the bytes of the good records alone."""
        if len(self.bad) == 0:
            return data[self.begin : self.end]
        edges = [self.begin, *self.bad[:, :2].ravel().tolist(), self.end]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return b"".join(data[first:last] for first, last in pairs if last > first)


@dataclass(frozen=True)
class Layout:
    """All blocks of a file."""

    blocks: tuple[Block, ...]
    n_lines: int

    @property
    def n_good(self) -> int:
        """Records that can be parsed."""
        return sum(one.n_good for one in self.blocks)

    @property
    def n_rows(self) -> int:
        """Records of the file, blank ones left out."""
        return self.n_good + sum(
            int(np.count_nonzero((one.bad[:, 3] & _scan.BLANK) == 0)) for one in self.blocks
        )

    @property
    def cut(self) -> int:
        """Number of fields of a last record without a line end, 0 when it has one."""
        return int(self.blocks[-1].result[_scan.CUT]) if self.blocks else 0

    def total(self, counter: int) -> int:
        """Return a count over all blocks."""
        return int(sum(one.result[counter] for one in self.blocks))

    def first(self, place: int) -> int | None:
        """Return the first line (from 1) that a block noted at `place`, or None."""
        for one in self.blocks:
            if one.result[place] >= 0:
                return int(one.result[place]) + one.first_line
        return None

    def count_bad(self, flag: int) -> int:
        """Return how many records carry `flag`."""
        return sum(int(np.count_nonzero(one.bad[:, 3] & flag)) for one in self.blocks)

    def census(self) -> Census:
        """Return what the bytes say of the encoding."""
        return Census(
            self.total(_scan.N_HIGH),
            self.total(_scan.N_WIDE),
            self.total(_scan.N_NOT_UTF8),
            self.first(_scan.NOT_UTF8_LINE),
            self.total(_scan.N_NOT_GB),
        )


def read_layout(
    data: memoryview,
    begin: int,
    delimiter: int,
    n_columns: int,
    longest: int,
    *,
    threads: int,
    first_line: int,
) -> Layout:
    """Scan a file from its first record on.

    Parameters
    ----------
    data
        Bytes of the file.
    begin
        Where the first record begins.
    delimiter
        Code of the delimiter, below 128.
    n_columns
        Fields of a whole record.
    longest
        Bytes of a cell above which its row is refused.
    threads
        Blocks scanned at the same time.
    first_line
        Lines before `begin`.

    Returns
    -------
    Layout
        Blocks in order.

    Notes
    -----
    A block is scanned as if a record began after the first line end at its nominal start. Only when
    the block before ends elsewhere (a quoted line end straddled the border) is it scanned again,
    from where a record does begin: the answer never depends on the guess.
    """
    array = np.frombuffer(data, np.uint8)
    starts = _guess_starts(array, begin)

    def work(start: int, stop: int) -> Block:
        block = _scan_block(array, start, stop, delimiter, n_columns, longest)
        release(data, start, block.end)
        return block

    blocks: list[Block] = []
    with ThreadPoolExecutor(threads) as pool:
        guesses = list(pool.map(work, starts, [*starts[1:], len(array)]))
    position, line = begin, first_line + 1
    for number, guess in enumerate(guesses):
        stop = starts[number + 1] if number + 1 < len(starts) else len(array)
        if stop <= position:
            continue
        block = guess if guess.begin == position else work(position, stop)
        blocks.append(replace(block, first_line=line))
        position, line = block.end, line + int(block.result[_scan.N_LINES])
    return Layout(tuple(blocks), line - 1)


def release(data: memoryview, begin: int, end: int) -> None:
    """Give the pages of a mapped file back to the system: they stay in its cache, not in ours."""
    mapped = data.obj
    if isinstance(mapped, mmap.mmap):
        first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
        length = end // mmap.PAGESIZE * mmap.PAGESIZE - first
        if length > 0:
            mapped.madvise(mmap.MADV_DONTNEED, first, length)


def _guess_starts(array: np.ndarray, begin: int) -> list[int]:
    starts = [begin]
    for nominal in range(begin + BLOCK_BYTES, len(array), BLOCK_BYTES):
        ends = np.flatnonzero(array[nominal : nominal + (1 << 16)] == 10)
        if len(ends) and nominal + int(ends[0]) + 1 < len(array):
            starts.append(nominal + int(ends[0]) + 1)
    return starts if begin < len(array) else []


def _scan_block(
    array: np.ndarray, start: int, stop: int, delimiter: int, n_columns: int, longest: int
) -> Block:
    body = array[start:stop]
    room = int(np.count_nonzero(body == 10) + np.count_nonzero(body == 13)) + 2
    lines = np.empty(room, np.int64)
    bad = np.empty((64, 5), np.int64)
    result = np.empty(_scan.N_RESULTS, np.int64)
    while not _scan.scan(array, start, stop, delimiter, n_columns, longest, lines, bad, result):
        bad = np.empty((min(room, len(bad) * 16), 5), np.int64)
    n_good = int(result[_scan.N_GOOD])
    kept = lines[:n_good]
    follow = n_good == 0 or (kept[0] == 0 and kept[-1] == n_good - 1)
    return Block(
        start,
        int(result[_scan.END]),
        1,
        n_good,
        result,
        bad[: int(result[_scan.N_BAD])].copy(),
        None if follow else kept.copy(),
    )
