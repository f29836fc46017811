"""The plain HTML that the twin shows: one frame for every page, no scripts, no other hosts."""

from html import escape

from stores.twin.http import Response, html

__all__ = ["page", "refusal"]

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;
color:#1f2937}
h1{font-size:1.5rem}a{color:#0b6bcb}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #e5e7eb;vertical-align:top}
label{display:block;margin:.6rem 0 .2rem}input,textarea,select{font:inherit;padding:.35rem .5rem;
border:1px solid #9ca3af;border-radius:.3rem;width:100%;box-sizing:border-box}td input{width:6.5rem}
td input[name$=barcode]{width:9rem}td input[type=checkbox]{width:auto}
button{font:inherit;padding:.4rem 1rem;border:0;border-radius:.3rem;background:#0b6bcb;color:#fff;
cursor:pointer;margin:.6rem .6rem .6rem 0}.note{background:#fef3c7;padding:.6rem 1rem}
.goods{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:1rem}
.goods>div{border:1px solid #e5e7eb;border-radius:.5rem;padding:1rem}
"""


def page(title: str, body: str, status: int = 200) -> Response:
    """A whole page; the body is HTML, the title plain text."""
    return html(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>",
        status,
    )


def refusal(said: str) -> Response:
    return page("This can't be done", f"<p>{escape(said)}</p>", 400)
