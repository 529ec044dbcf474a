"""Content the browser fetches by hash, and the token without which it gets nothing."""

import hashlib
import hmac
import os
import re
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from dashboard.maps import GzShapes

TOKEN_LIFE_S = 8 * 3600
MEMORY_BYTES = 256 * 2**20
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass
class GeometryStore:
    """Compressed content of this process by hash, least recently used dropped first.

    A page puts what its viewer may see and hands out an address signed for that viewer's browser.
    Knowing a hash opens nothing: the route asks for the signature and for the browser's cookie.
    """

    secret: bytes
    memory_bytes: int = MEMORY_BYTES

    def __post_init__(self) -> None:
        """Start empty."""
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def put(self, content: GzShapes) -> None:
        """Hold content for the route.

        Parameters
        ----------
        content
            Compressed bytes and their name.
        """
        with self._lock:
            if content.sha256 in self._held:
                self._held.move_to_end(content.sha256)
                return
            self._held[content.sha256] = content.gz
            self._size += len(content.gz)
            while self._size > self.memory_bytes and len(self._held) > 1:
                self._size -= len(self._held.popitem(last=False)[1])

    def get(self, sha256: str) -> bytes | None:
        """Give the compressed bytes of a hash.

        Parameters
        ----------
        sha256
            64 hexadecimal digits.

        Returns
        -------
        bytes or None
            None when nothing of that name is held (any more).
        """
        with self._lock:
            if sha256 in self._held:
                self._held.move_to_end(sha256)
            return self._held.get(sha256)

    def url(self, sha256: str, *, browser: str, now: float | None = None) -> str:
        """Give the address of some content for one browser.

        Parameters
        ----------
        sha256
            Name of the content.
        browser
            The browser's cookie; an empty one gives an address that opens nothing.
        now
            Seconds since 1970; the clock by default.

        Returns
        -------
        str
            Relative to the app's root. The same for some hours, so that reruns send equal bytes.
        """
        start = time.time() if now is None else now
        expires = (int(start) // TOKEN_LIFE_S + 2) * TOKEN_LIFE_S
        return f"geometry/{sha256}.json?e={expires}&t={self._sign(sha256, browser, expires)}"

    def allows(
        self, sha256: str, *, browser: str, expires: str, token: str, now: float | None = None
    ) -> bool:
        """Tell whether a request may read some content; everything unclear is a no.

        Parameters
        ----------
        sha256, browser, expires, token
            As the request brought them: name, cookie, and the two parts of the signature.
        now
            Seconds since 1970; the clock by default.

        Returns
        -------
        bool
            True only for a signature made here for this browser, this content and this time.
        """
        if not browser or not SHA256.fullmatch(sha256) or not re.fullmatch(r"[0-9]{1,12}", expires):
            return False
        if int(expires) < (time.time() if now is None else now):
            return False
        good = self._sign(sha256, browser, int(expires))
        return hmac.compare_digest(good.encode(), token.encode("utf-8", "replace"))

    def _sign(self, sha256: str, browser: str, expires: int) -> str:
        said = f"{sha256}\n{expires}\n{browser}".encode("utf-8", "replace")
        return hmac.new(self.secret, said, hashlib.sha256).hexdigest()


def _secret() -> bytes:
    """Take the secret several processes share from the environment, or make one for this run."""
    given = os.environ.get("ANXING_SECRET", "")
    return given.encode() if given else secrets.token_bytes(32)


STORE = GeometryStore(_secret())
