"""How kernels are compiled: those that Python calls, the pieces they are made of, their arrays.

Compiling is most of what a first build costs; each rule here was measured. Numba makes wrappers and
keeps an object file for every function unless told not to: only those that Python calls get them.
It compiles `np.empty` anew for each type and each set of options: kernels make arrays by the pieces
below, pieces may use `np.empty` themselves. `np.zeros`, `np.full`, `np.sort` and slices that are
assigned to take 0.1 to 2 seconds each, as they bring NumPy's broadcasting and texts of errors:
loops do the same at once. A literal handed to a piece compiles it once for the literal and once for
other numbers; `ZERO`, `NONE` and `FEW` are no literals.

What runs millions of times a second obeys other rules, measured too. Its pieces are `inlined`: a
call lays seven words out for each array. Its arrays are lent by `borrow`: a call counts each array,
and so does a loop that may make it anew. They are flat, with an unsigned place and steps known when
it is compiled: then eight numbers are computed at once, as they are not in rows of any width. And
what cannot be guessed is computed for both cases and chosen, rather than jumped over.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.core import cgutils
from numba.extending import intrinsic

ZERO: Any = np.int64(0)
NONE: Any = np.int64(-1)
FEW: Any = np.int64(256)

_PIECE: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile what Python calls: kept beside its file, run without the interpreter's lock.

    Parameters
    ----------
    function
        Takes and gives arrays and numbers; division follows NumPy, nothing is raised.

    Returns
    -------
    Dispatcher
        The same, compiled at its first call or taken from the files kept.
    """
    return njit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)


def piece(function: Callable[..., Any]) -> Any:
    """Compile what kernels alone call: Python cannot, and no file is kept of it.

    Parameters
    ----------
    function
        As for `kernel`. It becomes a part of each kernel that calls it. Called from Python it
        would crash the process (tests/geo/test_kernels.py sees to it that none is).

    Returns
    -------
    Dispatcher
        The same, for kernels and other pieces.
    """
    return njit(**_PIECE)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a piece into the very place where it is called: arguments cost nothing then.

    For pieces of an innermost loop, called at few places: each becomes larger by them.

    Parameters
    ----------
    function
        As for `piece`.

    Returns
    -------
    Dispatcher
        The same, for kernels and other pieces.
    """
    return njit(forceinline=True, **_PIECE)(function)


@intrinsic
def borrow(_, array):  # type: ignore[no-untyped-def]
    """Give an array that is not counted: whoever calls must hold on to it for as long.

    Numba counts, with a locked instruction, each array that is handed to a piece. A kernel that
    hands a score of them to pieces a million times a second spends a fifth of its time on that.
    """

    def lend(context, builder, _, arguments):  # type: ignore[no-untyped-def]
        lent = cgutils.create_struct_proxy(array)(context, builder, value=arguments[0])
        lent.meminfo = cgutils.get_null_value(lent.meminfo.type)
        lent.parent = cgutils.get_null_value(lent.parent.type)
        return lent._getvalue()

    return array(array), lend


@piece
def ints(n):  # type: ignore[no-untyped-def]
    """Room for n numbers of int64."""
    return np.empty(n, np.int64)


@piece
def same_ints(n, value):  # type: ignore[no-untyped-def]
    """Give n times a value of int64."""
    row = np.empty(n, np.int64)
    for k in range(n):
        row[k] = value
    return row


@piece
def no_ints(n):  # type: ignore[no-untyped-def]
    """Give n zeros of int64."""
    return same_ints(n, ZERO)


@piece
def int_rows(n, width):  # type: ignore[no-untyped-def]
    """Room for n rows of int64."""
    return np.empty((n, width), np.int64)


@piece
def no_int_rows(n, width):  # type: ignore[no-untyped-def]
    """Give n rows of zeros of int64."""
    rows = np.empty((n, width), np.int64)
    for k in range(n):
        for c in range(width):
            rows[k, c] = 0
    return rows


@piece
def more_int_rows(rows):  # type: ignore[no-untyped-def]
    """Give the same rows with room for twice as many.

    Number by number from the last: whole rows at a time are a thousand lines in every kernel.
    """
    width = rows.shape[1]
    more = np.empty((2 * rows.shape[0], width), np.int64)
    k = rows.shape[0] * width
    while k > 0:
        k -= 1
        more[k // width, k % width] = rows[k // width, k % width]
    return more


@piece
def short_ints(n):  # type: ignore[no-untyped-def]
    """Room for n numbers of int32."""
    return np.empty(n, np.int32)


@piece
def no_short_ints(n):  # type: ignore[no-untyped-def]
    """Give n zeros of int32."""
    row = np.empty(n, np.int32)
    for k in range(n):
        row[k] = 0
    return row


@piece
def unsigned_ints(n):  # type: ignore[no-untyped-def]
    """Room for n numbers of uint64."""
    return np.empty(n, np.uint64)


@piece
def codes_of_16(n):  # type: ignore[no-untyped-def]
    """Room for n numbers of uint16."""
    return np.empty(n, np.uint16)


@piece
def floats(n):  # type: ignore[no-untyped-def]
    """Room for n numbers of float64."""
    return np.empty(n, np.float64)


@piece
def same_floats(n, value):  # type: ignore[no-untyped-def]
    """Give n times a value of float64."""
    row = np.empty(n, np.float64)
    for k in range(n):
        row[k] = value
    return row


@piece
def more_floats(row, n, used):  # type: ignore[no-untyped-def]
    """Give the numbers used so far with room for n."""
    more = np.empty(n, np.float64)
    for k in range(used):
        more[k] = row[k]
    return more


@piece
def float_rows(n, width):  # type: ignore[no-untyped-def]
    """Room for n rows of float64."""
    return np.empty((n, width), np.float64)


@piece
def more_float_rows(rows):  # type: ignore[no-untyped-def]
    """Give the same rows with room for twice as many."""
    more = np.empty((2 * rows.shape[0], rows.shape[1]), np.float64)
    old, new = rows.reshape(-1), more.reshape(-1)
    for k in range(rows.size):
        new[k] = old[k]
    return more


@piece
def small_ints(n):  # type: ignore[no-untyped-def]
    """Room for n numbers of uint8."""
    return np.empty(n, np.uint8)


@piece
def no_small_ints(n):  # type: ignore[no-untyped-def]
    """Give n zeros of uint8."""
    row = np.empty(n, np.uint8)
    for k in range(n):
        row[k] = 0
    return row


@piece
def no_small_rows(n, width):  # type: ignore[no-untyped-def]
    """Give n rows of zeros of uint8."""
    rows = np.empty((n, width), np.uint8)
    for k in range(n):
        for c in range(width):
            rows[k, c] = 0
    return rows
