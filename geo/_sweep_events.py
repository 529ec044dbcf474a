"""Where walls begin and end, in order of direction."""

import numpy as np

from geo._kernels import ZERO, inlined, piece
from geo._sweep_find import ONE
from geo._sweep_walls import ACROSS, BEGINS, ENDS, PA, PB, row_of

FEW_EVENTS = 128  # so few are ordered by counting, for each, those before it
HALF, PLACE = 15, 127  # of a code: the bit of the half of the circle, those of its place
AT_ONCE, PAST = np.uint64(32), np.uint64(31)  # codes are compared 32 at a time
LAST_CODE = np.uint16(2**16 - 1)


@inlined
def list_events(n, states, begin_codes, end_codes, raw, codes, across):  # type: ignore[no-untyped-def]
    """List where walls in view begin (twice the row) and end (and one).

    Those in the first half of the circle come first, those in the second from the middle of `raw`
    on, a multiple of 128. A code ends in the last digits of the place of its event. `across` gets
    the rows of walls that lie across the first direction. Gives how many there are of the three.
    """
    m, n_across = ZERO, ZERO
    second = middle = np.int64(len(raw) >> 1)
    for i in range(n):
        row, state = row_of(i), np.int64(states[i])
        code, there = np.int64(begin_codes[i]), state & BEGINS
        late = code >> HALF
        at = second if late else m
        raw[at], codes[at] = row << ONE, code | (at & PLACE)
        m, second = m + (there & ~late), second + (there & late)
        code, there = np.int64(end_codes[i]), (state & ENDS) // ENDS
        late = code >> HALF
        at = second if late else m
        raw[at], codes[at] = (row << ONE) | ONE, code | (at & PLACE)
        m, second = m + (there & ~late), second + (there & late)
        across[n_across] = row
        n_across += (state & ACROSS) // ACROSS
    return m, second - middle, n_across


@inlined
def order_events(m, n_late, table, raw, codes, counts, keys, event):  # type: ignore[no-untyped-def]
    """Put events in order of direction, those of each half; `keys` gets their pseudo-angles."""
    middle = len(raw) >> 1
    if max(m, n_late) <= FEW_EVENTS:
        _count_before(ZERO, ZERO, m, raw, codes, event)
        _count_before(middle, m, n_late, raw, codes, event)
        for i in range(m + n_late):
            keys[i] = _key(table, event[i])
        _order_neighbours(ONE, np.uint64(m + n_late), keys, event)
        return
    for i in range(n_late):
        raw[m + i] = raw[middle + i]
    m += n_late
    gap, most = 1, _fill_buckets(m, table, raw, counts, keys, event)
    while gap < most // 8:
        gap = 3 * gap + 1
    while gap > 0:  # in order but for neighbours, unless directions crowd
        _order_neighbours(np.uint64(gap), np.uint64(m), keys, event)
        gap //= 3


@piece
def _order_neighbours(gap, m, keys, event):  # type: ignore[no-untyped-def]
    """Put in order what is so but for a few, comparing those so many places apart."""
    for i in range(gap, m):
        if keys[i - gap] <= keys[i]:
            continue
        key, value = keys[i], event[i]
        j = i
        while j >= gap and keys[j - gap] > key:
            keys[j], event[j] = keys[j - gap], event[j - gap]
            j -= gap
        keys[j], event[j] = key, value


@piece
def _key(table, event):  # type: ignore[no-untyped-def]
    """Pseudo-angle of an event."""
    return table[(event >> ONE) + PA + (event & ONE) * (PB - PA)]


@inlined
def _count_before(begin, to, m, raw, codes, event):  # type: ignore[no-untyped-def]
    """Order events from one place on, by codes that no two share, into `event` from another on."""
    end = np.uint64(begin + m)
    for i in range(AT_ONCE):
        codes[end + i] = LAST_CODE
    first, full = np.uint64(begin), (np.uint64(m) + PAST) & ~PAST
    for i in range(first, end):
        code, before = codes[i], np.uint16(0)
        for j in range(full):
            before = np.uint16(before + np.uint16(codes[first + j] < code))
        event[np.uint64(to) + np.uint64(before)] = raw[i]


@piece
def _fill_buckets(m, table, raw, counts, keys, event):  # type: ignore[no-untyped-def]
    """Order by buckets of direction; give how many events the fullest holds."""
    n_buckets = FEW_EVENTS
    while n_buckets < m:
        n_buckets *= 2
    for b in range(n_buckets + 1):
        counts[b] = 0
    scale = n_buckets / (4.0 + 1e-9)
    for i in range(m):
        counts[int(_key(table, raw[i]) * scale) + 1] += 1
    most = ZERO
    for b in range(n_buckets):
        most = max(most, counts[b + 1])
        counts[b + 1] += counts[b]
    for i in range(m):
        key = _key(table, raw[i])
        b = int(key * scale)
        keys[counts[b]], event[counts[b]] = key, raw[i]
        counts[b] += 1
    return most
