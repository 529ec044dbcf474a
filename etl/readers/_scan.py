"""One pass over the bytes of delimited text: records, their lines, and what is wrong with them.

The pass knows RFC 4180 quoting and nothing of encodings but whether bytes could be UTF-8 or
GB 18030: the delimiter, the quote and line ends are never part of a character of any encoding
that is read here.

References
----------
.. [1] Shafranovich, Y. (2005). Common Format and MIME Type for Comma-Separated Values (CSV)
   Files. RFC 4180.
"""

from __future__ import annotations

import numpy as np

from geo._kernels import kernel, piece

RAGGED, LONG, STRAY, BLANK = 1, 2, 4, 8
CONTROL, FORMULA, FULLWIDTH = 1, 2, 4

# Places in the integer results of `scan`.
(
    END,
    N_LINES,
    N_GOOD,
    N_BAD,
    N_NUL,
    NUL_LINE,
    OPEN_LINE,
    SWALLOWED_LINE,
    N_HIGH,
    N_WIDE,
    N_NOT_UTF8,
    NOT_UTF8_LINE,
    N_NOT_GB,
    SUSPECT,
    N_MULTILINE,
    CUT,
    UTF8_NEXT,
    GB_NEXT,
) = range(18)
N_RESULTS = 18


@piece
def _utf8_length(data: np.ndarray, i: int, n: int) -> int:
    """Return the bytes of the UTF-8 character at `i`, or 0 when it is none."""
    c = data[i]
    if c < 0xC2 or c > 0xF4:
        return 0
    length = 2 if c < 0xE0 else (3 if c < 0xF0 else 4)
    if i + length > n:
        return 0
    for k in range(1, length):
        if data[i + k] & 0xC0 != 0x80:
            return 0
    second = data[i + 1]
    if (c == 0xE0 and second < 0xA0) or (c == 0xED and second > 0x9F):
        return 0
    if (c == 0xF0 and second < 0x90) or (c == 0xF4 and second > 0x8F):
        return 0
    return length


@piece
def _gb_length(data: np.ndarray, i: int, n: int) -> int:
    """Return the bytes of the GB 18030 character at `i`, or 0 when it is none."""
    if data[i] == 0x80 or data[i] == 0xFF or i + 1 >= n:
        return 0
    second = data[i + 1]
    if 0x40 <= second <= 0xFE and second != 0x7F:
        return 2
    if i + 3 >= n or not 0x30 <= second <= 0x39:
        return 0
    return 4 if 0x81 <= data[i + 2] <= 0xFE and 0x30 <= data[i + 3] <= 0x39 else 0


@piece
def _destroyed(data: np.ndarray, i: int, n: int) -> bool:
    """Tell whether U+FFFD, or its echo through GBK, stands at `i` (in UTF-8 or in GB 18030)."""
    if i + 3 >= n:
        return False
    a, b, c, d = data[i], data[i + 1], data[i + 2], data[i + 3]
    if a == 0xEF:
        return bool(b == 0xBF and c == 0xBD)
    if a == 0xE9:
        return bool(b == 0x94 and c == 0x9F)
    return bool(a == 0x84 and b == 0x31 and c == 0xA4 and d == 0x37)


@piece
def _note_high(data: np.ndarray, i: int, n: int, line: int, result: np.ndarray) -> None:
    """Count a byte above 127 at `i` for both encodings; characters begin where the last ended."""
    result[N_HIGH] += 1
    if _destroyed(data, i, n):
        result[SUSPECT] |= CONTROL
    if data[i] == 0xEF and i + 2 < n and data[i + 1] == 0xBC:
        third = data[i + 2]
        # Digits, and the signs that begin a formula in East Asian spreadsheets: + - = @.
        if 0x90 <= third <= 0x99 or third in (0x8B, 0x8D, 0x9D, 0xA0):
            result[SUSPECT] |= FULLWIDTH
    if i >= result[UTF8_NEXT]:
        length = _utf8_length(data, i, n)
        if length == 0:
            result[N_NOT_UTF8] += 1
            if result[NOT_UTF8_LINE] < 0:
                result[NOT_UTF8_LINE] = line
        elif length > 2:
            result[N_WIDE] += 1
        result[UTF8_NEXT] = i + max(length, 1)
    if i >= result[GB_NEXT]:
        length = _gb_length(data, i, n)
        if length == 0:
            result[N_NOT_GB] += 1
        elif result[N_NOT_UTF8] > 0 and data[i] == 0xA3:
            second = data[i + 1]
            if 0xB0 <= second <= 0xB9 or second in (0xAB, 0xAD, 0xBD, 0xC0):
                result[SUSPECT] |= FULLWIDTH
        result[GB_NEXT] = i + max(length, 1)


@piece
def _starts_formula(c: int, delimiter: int) -> bool:
    return c == 61 or c == 43 or c == 64 or (c == 9 and delimiter != 9)


@kernel
def scan(
    data: np.ndarray,
    start: int,
    stop: int,
    delimiter: int,
    n_columns: int,
    longest: int,
    lines: np.ndarray,
    bad: np.ndarray,
    result: np.ndarray,
) -> bool:
    """Read records from `start`, the beginning of one, until one ends at or after `stop`.

    `lines` takes the line (from 0) of each good record; `bad` takes begin, end, line, flags and
    number of fields of each other one; `result` takes the counts named above. Returns False when
    `lines` or `bad` is too short: call again with longer ones.
    """
    n = data.shape[0]
    for k in range(N_RESULTS):
        result[k] = 0
    result[NUL_LINE] = result[OPEN_LINE] = result[SWALLOWED_LINE] = result[NOT_UTF8_LINE] = -1
    line = 0
    i = start
    result[UTF8_NEXT] = result[GB_NEXT] = start
    while i < stop:
        # One record.
        begin, first_line = i, line
        fields, flags = 1, 0
        blank = True
        ended = False
        while not ended:
            # One field.
            field = i
            quoted = i < n and data[i] == 34
            if quoted:
                blank = False
                i += 1
                opened = line
                # Whole lines inside the quotes, and how many of them look like rows.
                inner, inside_fields, n_inner, n_rowlike = -1, 0, 0, 0
                while True:
                    if i >= n:
                        result[OPEN_LINE] = opened
                        break
                    c = data[i]
                    if c == 34:
                        if i + 1 < n and data[i + 1] == 34:
                            i += 2
                            continue
                        i += 1
                        break
                    if c == 10 or (c == 13 and not (i + 1 < n and data[i + 1] == 10)):
                        line += 1
                        if inner >= 0:
                            n_inner += 1
                            n_rowlike += inside_fields == n_columns and n_columns > 1
                        inner, inside_fields = i, 1
                    elif c == delimiter:
                        inside_fields += 1
                    elif c < 32 and c != 9 and c != 13:
                        result[SUSPECT] |= CONTROL
                        if c == 0:
                            result[N_NUL] += 1
                            if result[NUL_LINE] < 0:
                                result[NUL_LINE] = line
                    elif c >= 128:
                        _note_high(data, i, n, line, result)
                    i += 1
                if line > opened:
                    result[N_MULTILINE] += 1
                if n_rowlike > 0 and n_rowlike == n_inner:
                    # Once it may be chance, and costs the row; twice a quote has swallowed rows.
                    flags |= STRAY
                    if n_rowlike > 1:
                        result[SWALLOWED_LINE] = opened
            elif i < n:
                c = data[i]
                if (
                    c == 61
                    or c == 43
                    or c == 64
                    or c == 9
                    or (
                        c == 45 and i + 1 < n and not (48 <= data[i + 1] <= 57 or data[i + 1] == 46)
                    )
                ):
                    result[SUSPECT] |= FORMULA
            if quoted and field + 1 < n:
                c = data[field + 1]
                if _starts_formula(c, delimiter) or c == 45:
                    result[SUSPECT] |= FORMULA
            closed = i
            while i < n:
                c = data[i]
                if c == delimiter or c == 10 or c == 13:
                    break
                if c > 32:
                    blank = False
                    if c >= 128:
                        _note_high(data, i, n, line, result)
                    elif c == 127:
                        result[SUSPECT] |= CONTROL
                elif c < 32 and c != 9:
                    result[SUSPECT] |= CONTROL
                    blank = False
                    if c == 0:
                        result[N_NUL] += 1
                        if result[NUL_LINE] < 0:
                            result[NUL_LINE] = line
                i += 1
            if quoted and i > closed:
                flags |= STRAY
                if line > first_line:
                    result[SWALLOWED_LINE] = first_line
            if i - field > longest:
                flags |= LONG
            if i < n and data[i] == delimiter:
                fields += 1
                i += 1
            else:
                ended = True
        length = i - begin
        if i >= n:
            result[CUT] = fields
        elif data[i] == 13:
            i += 1
            if i < n and data[i] == 10:
                i += 1
        else:
            i += 1
        line += 1
        if blank:
            # A line of blanks and delimiters is no record; an empty one not even a finding.
            if length == 0:
                continue
            flags = BLANK
        elif fields != n_columns:
            flags |= RAGGED
        if flags != 0:
            k = result[N_BAD]
            if k >= bad.shape[0]:
                return False
            bad[k, 0], bad[k, 1], bad[k, 2] = begin, i, first_line
            bad[k, 3], bad[k, 4] = flags, fields
            result[N_BAD] = k + 1
        else:
            k = result[N_GOOD]
            if k >= lines.shape[0]:
                return False
            lines[k] = first_line
            result[N_GOOD] = k + 1
    result[END] = i
    result[N_LINES] = line
    return True
