"""A flow as inline SVG and as a table that says the same."""

from __future__ import annotations

from markupsafe import Markup

from sim.drawing.flow import Flow
from sim.drawing.layout import BAR, LINE, PITCH, SIZE, layout
from sim.lang import LANGS, Lang, Text, say
from sim.page import environment, yuan
from sim.page.filters import both


def draw(flow: Flow, lang: Lang | None = None) -> Markup:
    """The drawing as one SVG element: in one language it may be a file by itself, in both it needs a page's switch."""
    template = environment("sim.drawing").get_template("flow.svg")
    title, desc = say("drawing.title"), described(flow)
    return Markup(  # noqa: S704 - our own template, which escapes what it inserts
        template.render(
            d=layout(flow),
            langs=LANGS if lang is None else (lang,),
            title=both(title) if lang is None else title.show(lang),
            desc=both(desc) if lang is None else desc.show(lang),
            size=SIZE,
            line=LINE,
            bar=BAR,
            pitch=PITCH,
        )
    )


def figure(flow: Flow) -> Markup:
    """The drawing in both languages with its legend, and its table folded under it."""
    return Markup(  # noqa: S704 - the same
        environment("sim.drawing").get_template("figure.html").render(drawing=draw(flow), rows=rows(flow), say=say)
    )


def rows(flow: Flow) -> list[tuple[Text, Text, str]]:
    """The flow as rows: from, to, yuan; in the order of the columns."""
    links = sorted(flow.links, key=lambda link: (flow.node(link.source).column, flow.node(link.source).rank))
    return [(flow.node(link.source).name, flow.node(link.target).name, yuan(link.amount)) for link in links]


def described(flow: Flow) -> Text:
    """The drawing in a sentence, for those who do not see it."""
    last = [node for node in flow.nodes if node.column == len(flow.headings) - 1]
    payers = [say("drawing.borne", name=node.name, amount=yuan(node.amount)) for node in last]
    return say("drawing.describe", total=yuan(flow.total), columns=_listed(flow.headings), payers=_listed(payers))


def _listed(texts: tuple[Text, ...] | list[Text]) -> Text:
    found = texts[0]
    for text in texts[1:]:
        found = say("drawing.and", first=found, second=text)
    return found
