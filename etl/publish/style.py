"""The one style sheet, inline in every page so that a page is one file and one request."""

from __future__ import annotations

import base64
import hashlib

from etl.publish.marks import COLOURS

_FILLS = "".join(f".map .k{n}{{fill:{colour}}}" for n, colour in enumerate(COLOURS))

STYLE = f"""
:root{{--ink:#17222e;--soft:#4a5966;--line:#d5dde5;--wash:#f3f6f9;--navy:#0d2f4f;--link:#0b4f8a}}
*{{box-sizing:border-box}}
html{{-webkit-text-size-adjust:100%}}
body{{margin:0;color:var(--ink);background:#fff;font:16px/1.6 system-ui,-apple-system,"Segoe UI",
"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;
overflow-wrap:anywhere}}
a{{color:var(--link);text-underline-offset:2px}}
a:focus-visible{{outline:3px solid #b35c00;outline-offset:2px}}
.skip{{position:absolute;left:-9999px}}
.skip:focus{{position:static;display:inline-block;padding:4px 10px;background:#fff}}
header{{background:var(--navy);color:#fff}}
header div{{display:flex;flex-wrap:wrap;gap:4px 22px;align-items:baseline;max-width:1120px;
margin:0 auto;padding:10px 16px}}
header a{{color:#fff}}
header .home{{font-weight:650;text-decoration:none;margin-right:auto}}
header nav{{display:flex;flex-wrap:wrap;gap:4px 18px}}
header [aria-current]{{text-decoration:none;border-bottom:3px solid #f0b400}}
main,footer{{max-width:1120px;margin:0 auto;padding:0 16px}}
footer{{margin-top:40px;padding-top:12px;padding-bottom:24px;border-top:1px solid var(--line);
color:var(--soft);font-size:.9rem}}
h1{{font-size:1.65rem;line-height:1.3;margin:22px 0 6px}}
h2{{font-size:1.25rem;line-height:1.35;margin:34px 0 8px;padding-bottom:4px;
border-bottom:1px solid var(--line)}}
h3{{font-size:1.05rem;margin:24px 0 6px}}
p,ul,dl{{margin:6px 0;max-width:48em}}
ul{{padding-left:1.3em}}
.soft,figcaption{{color:var(--soft);font-size:.9rem}}
figure{{margin:12px 0}}
.beside{{display:grid;grid-template-columns:minmax(0,1fr) 250px;gap:8px 24px;align-items:start}}
svg.map{{display:block;width:100%;height:auto;border:1px solid var(--line);background:#fbfcfd}}
.map a>path,.swatch>path{{stroke:#2b3a47;stroke-width:1.2;stroke-linejoin:round}}
.map .scale{{fill:none;stroke:var(--ink);stroke-width:2}}
.map .unpublished{{fill:#fff}}
.map text{{text-anchor:middle;font-weight:700;fill:#17222e;stroke:#fff;stroke-width:5px;
stroke-linejoin:round;paint-order:stroke}}
.map .said{{text-anchor:start;font-weight:400;stroke-width:3px}}
.map a:hover path,.map a:focus path{{stroke:#000;stroke-width:4}}
{_FILLS}
svg.swatch{{display:inline-block;width:38px;height:28px;border:0;background:none;flex:none}}
.swatch text{{stroke-width:3px}}
.hidden{{position:absolute;width:0;height:0}}
.legend{{list-style:none;padding:0;margin:4px 0}}
.legend li{{display:flex;gap:10px;align-items:center;padding:3px 0}}
table{{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}}
caption{{text-align:left;padding:10px 0 2px;font-weight:600}}
th,td{{text-align:left;vertical-align:top;padding:7px 10px 7px 0;
border-bottom:1px solid var(--line)}}
thead th{{border-bottom:2px solid var(--navy);white-space:nowrap;overflow-wrap:normal}}
tbody th{{font-weight:600}}
small{{display:block;color:var(--soft);font-weight:400;font-size:.85rem}}
.stars{{color:#7a4b00;letter-spacing:1px;white-space:nowrap}}
.bar{{color:#1b5e94;letter-spacing:1px;white-space:nowrap}}
.none{{color:var(--soft)}}
.day{{white-space:nowrap}}
.big{{font-size:1.35rem;margin:10px 0 2px}}
.note{{padding:8px 14px;border-left:4px solid var(--navy);background:var(--wash)}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px}}
dt{{color:var(--soft)}}
dd{{margin:0}}
code{{font-size:.9em}}
.method th{{min-width:8em}}
@media(max-width:760px){{
body{{font-size:15px}}
.beside{{grid-template-columns:minmax(0,1fr)}}
.legend{{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}}
h1{{font-size:1.35rem}}
th,td{{padding-right:6px}}
thead th{{white-space:normal}}
.ratings th,.ratings td{{font-size:14px}}
.ratings .stars{{letter-spacing:0}}
dl{{grid-template-columns:minmax(0,1fr);gap:0}}
dd{{margin-bottom:6px}}
.ratings .grade span+span{{display:block}}
.method thead{{position:absolute;left:-9999px}}
.method td::before{{content:attr(data-label);color:var(--soft);font-size:.85rem;margin-right:.7em}}
.method tr{{display:block;padding:8px 0;border-bottom:1px solid var(--line)}}
.method th,.method td{{display:block;border:0;padding:1px 0}}
}}
@media print{{
body{{font-size:10.5pt}}
header{{background:none;color:#000;border-bottom:1px solid #000}}
header nav,.skip,.noprint{{display:none}}
header a,a{{color:#000;text-decoration:none}}
.map,.swatch{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
svg.map:not(.swatch){{max-height:170mm}}
thead{{display:table-header-group}}
tr,figure,li{{break-inside:avoid}}
h2,h3{{break-after:avoid}}
}}
""".strip()

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No script, no frame, no form, no request but for the page itself; the icon is in the page.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
    "%3Crect width='24' height='24' rx='4' fill='%230d2f4f'/%3E%3Cpath fill='%23f0b400' d='M12 4l"
    "2.4 5.2 5.6.6-4.2 3.8 1.2 5.6-5-2.9-5 2.9 1.2-5.6L4 9.8l5.6-.6z'/%3E%3C/svg%3E"
)
