"""Names as an attacker would file them."""

from town import COMMUNITIES

NAMES = [
    "${window.__hit=1}",
    "`+(window.__hit=1)+`",
    "</script><script>window.__hit=1</script>",
    "<img src=x onerror=window.__hit=1>",
    '" onmouseover="window.__hit=1',
    "' ; window.__hit=1 ; '",
    "&lt;b&gt; &#60;i&#62; ★“安”😀",
    "\\u0060 \\x3cimg src=x onerror=window.__hit=1\\x3e {{7*7}}",
]
NAMES += ["安星村"] * (COMMUNITIES - len(NAMES))
