"""Drawing and page as a browser shows them: no label on another, none cut off, nothing wider than the screen or A4."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from drawn_bills import BILLS, flow

from sim.drawing import draw, settlement_page
from sim.lang import LANGS, Lang

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
pytestmark = pytest.mark.skipif(not BROWSER, reason="no browser on this machine")

A4 = 688
"""The pixels (1/96 inch) between the margins of an A4 page: 210 mm less twice 14."""
LOOK = """
const found = {};
const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5;
for (const svg of document.querySelectorAll('svg.flow')) {
  const inside = svg.getBoundingClientRect();
  const shown = [...svg.querySelectorAll('text')].filter(t => t.getClientRects().length);
  const labels = shown.map(t => [t.textContent, t.getBoundingClientRect()]);
  const bars = [...svg.querySelectorAll('rect')].map(r => ['bar', r.getBoundingClientRect()]);
  const wrong = [];
  labels.forEach(([name, box], i) => {
    if (box.left < inside.left - 1 || box.right > inside.right + 1 || box.top < inside.top - 1
        || box.bottom > inside.bottom + 1) wrong.push('clipped: ' + name);
    for (const [other, place] of labels.slice(i + 1).concat(bars))
      if (meet(box, place)) wrong.push('on each other: ' + name + ' / ' + other);
  });
  found[svg.closest('[data-name]')?.dataset.name ?? 'drawing'] = {labels: labels.length, wrong};
}
const cut = [...document.querySelectorAll('td, th, dd, dt, h1, h2, p, .scroll')]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && e.clientWidth)
  .map(e => e.textContent.slice(0, 60));
const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth
  ? document.documentElement.scrollWidth : 0;
const out = document.createElement('pre');
out.id = 'looked';
out.textContent = JSON.stringify({found, cut, wide});
document.body.append(out);
"""


def looked(page: str, folder: Path, width: int) -> dict[str, Any]:
    """What the browser sees of a page on a window of a width: overlaps, cut texts, excess width."""
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)  # it would stop the onlooker's script
    file = folder / "page.html"
    file.write_text(page.replace("</body>", f"<script>{LOOK}</script></body>"), encoding="utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command += [f"--window-size={width},1200", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True)
    found = re.search(r'<pre id="looked">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return data


def test_no_label_meets_another_or_is_cut_off(tmp_path: Path) -> None:
    """Every bill in both languages; a heap of labels and a drawing cut in half are seen by the same look."""
    parts = {f"{name} {lang}": str(draw(flow(made()), lang)) for name, made in BILLS.items() for lang in LANGS}
    good = parts["large stay en"]
    parts["planted: in a heap"] = re.sub(r'(<text x="[^"]*") y="[^"]*"', r'\1 y="100"', good)
    parts["planted: cut off"] = re.sub(
        r'viewBox="0 0 (\d+)', 'viewBox="0 0 600', re.sub(r'width="1008"', 'width="600"', good)
    )
    body = "".join(f'<div data-name="{name}">{svg}</div>' for name, svg in parts.items())
    page = f'<!doctype html><meta charset="utf-8"><body style="font: 16px/1.6 sans-serif">{body}</body>'
    seen = looked(page, tmp_path, 1280)["found"]
    assert set(parts) == set(seen)
    assert {} == {name: one["wrong"] for name, one in seen.items() if one["wrong"] and "planted" not in name}
    assert all(one["labels"] >= 8 for one in seen.values())
    assert any("on each other" in wrong for wrong in seen["planted: in a heap"]["wrong"])
    assert any("clipped" in wrong for wrong in seen["planted: cut off"]["wrong"])


@pytest.mark.parametrize(
    ("width", "medium", "lang", "name"),
    [
        (1280, "screen", "en", "large stay"),
        (A4, "print", "zh", "large stay"),
        (A4, "print", "en", "large stay"),
        (A4, "print", "en", "refunds"),
    ],
)
def test_the_page_fits_the_screen_and_a4(width: int, medium: str, lang: Lang, name: str, tmp_path: Path) -> None:
    """On a desktop, and between A4's margins with the rules for paper, nothing is too wide and no text is cut."""
    page = settlement_page(BILLS[name](), lang)
    if medium == "print":
        page = page.replace("@media print", "@media all")
    seen = looked(page, tmp_path, width)
    assert [] == seen["found"]["drawing"]["wrong"]
    assert [] == seen["cut"]
    assert 0 == seen["wide"]
