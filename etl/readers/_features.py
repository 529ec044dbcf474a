"""Where the features of a GeoJSON text stand: one pass that knows strings and brackets."""

from __future__ import annotations

import numpy as np

from geo._kernels import kernel, no_ints

(FEATURES_BEGIN, FEATURES_END, N_FEATURES, N_TOP, DEEPEST, N_ARRAYS) = range(6)
N_RESULTS = 6
_KEY = np.frombuffer(b'"features"', np.uint8)


@kernel
def find_features(
    data: np.ndarray, key: np.ndarray, begin: np.ndarray, end: np.ndarray, line: np.ndarray
) -> np.ndarray:
    """Note where each object of the top object's array `features` begins and ends, and its line.

    Returns the counts named above; when `N_FEATURES` exceeds the room in the arrays, call again
    with longer ones. Nothing is validated here: each feature is parsed strictly afterwards, and so
    is the text around them.
    """
    result: np.ndarray = no_ints(np.int64(N_RESULTS))
    result[0] = result[1] = -1
    depth = 0
    row = 1
    inside = False
    is_key = False
    i, n = 0, data.shape[0]
    while i < n:
        c = data[i]
        if c == 34:
            start = i
            i += 1
            while i < n and data[i] != 34:
                if data[i] == 92:
                    i += 1
                i += 1
            if depth == 1:
                is_key = i - start + 1 == key.shape[0]
                if is_key:
                    for k in range(key.shape[0]):
                        if data[start + k] != key[k]:
                            is_key = False
        elif c == 123 or c == 91:
            if depth == 0:
                result[3] += 1
            if c == 91 and depth == 1 and is_key:
                result[5] += 1
                inside = True
                result[0] = i
            elif c == 123 and depth == 2 and inside:
                k = result[2]
                if k < begin.shape[0]:
                    begin[k] = i
                    line[k] = row
                result[2] = k + 1
            depth += 1
            result[4] = max(result[4], depth)
        elif c == 125 or c == 93:
            depth -= 1
            if c == 125 and depth == 2 and inside:
                k = result[2] - 1
                if k < end.shape[0]:
                    end[k] = i + 1
            elif c == 93 and depth == 1 and inside:
                inside = False
                is_key = False
                result[1] = i + 1
        elif c == 44 and depth == 1:
            is_key = False
        elif c == 10:
            row += 1
        i += 1
    return result
