"""Filings, sign-ins, and files that can be asked for."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.checks.book.facts import FiledFacts
from conformance.checks.book.state import Book
from conformance.checks.look import Look, text

_CATEGORY: Mapping[str, str] = {"06": "referral", "07": "emergency", "08": "long_term"}
"""biz_appy_type of 2505 that is an out-of-town filing."""


def read_filing(book: Book, look: Look) -> None:
    """A filing; 2501 to another province and 2505 of an out-of-town type change what is paid there."""
    node = look.output.get("result")
    if not look.yes or look.original is not None:
        return
    if isinstance(node, dict) and text(node.get("trt_dcla_detl_sn")):
        book.filings.setdefault(text(node.get("trt_dcla_detl_sn")), look.psn_no)
    if look.infno == "2503":
        code = text(look.data.get("opsp_dise_code"))
        number = text(node.get("trt_dcla_detl_sn")) if isinstance(node, dict) else ""
        book.chronic[number] = (look.psn_no, code)
        book.chronic_withdrawn.get(look.psn_no, {}).pop(code, None)
        return
    kind = "referral" if look.infno == "2501" else _CATEGORY.get(text(look.data.get("biz_appy_type")), "")
    if not kind or (look.infno == "2501" and text(look.data.get("refl_type")) != "3"):
        return
    place = text(look.data.get("mdtrtarea_admdvs")) if look.infno == "2501" else text(look.data.get("fixmedins_code"))
    first = text(look.data.get("begndate")) or text(look.data.get("refl_date"))
    number = text(node.get("trt_dcla_detl_sn")) if isinstance(node, dict) else ""
    filed = book.filed.setdefault(look.psn_no, [])
    filed.append(FiledFacts(kind, place, first[:10], text(look.data.get("enddate"))[:10], number, look))


def read_withdrawal(book: Book, look: Look) -> None:
    """2502, 2504, 2506: a filing is withdrawn."""
    if look.yes and look.original is None:
        number = text(look.data.get("trt_dcla_detl_sn"))
        book.withdrawn.add(number)
        if number in book.chronic:
            psn_no, code = book.chronic[number]
            book.chronic_withdrawn.setdefault(psn_no, {})[code] = look.seq
        for filed in book.filed.get(look.psn_no, ()):
            if filed.number == text(look.data.get("trt_dcla_detl_sn")):
                filed.withdrawn = look


def read_sign_in(book: Book, look: Look) -> None:
    """9001: an institution signs in."""
    node = look.output.get("signinoutb")
    if look.yes and isinstance(node, dict):
        book.sign_nos.setdefault(look.institution, set()).add(text(node.get("sign_no")))


def read_file_number(book: Book, look: Look) -> None:
    """9101, 3202: a file that can be asked for."""
    node = look.output.get("fileinfo")
    number = text((node if isinstance(node, dict) else look.output).get("file_qury_no"))
    if look.yes and number:
        book.files.setdefault(number, look.institution)
