"""Single rules of the interface, each with the message that keeps it and the one that does not."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from sim.errors import InputError
from sim.interface import Numbers, envelope, interface, validate
from sim.interface.validation import ABSENT, Problem

AT = datetime(2024, 5, 6, 7, 8, 9)
SENDER = envelope.Sender("H11010500001", "某医院", "110105")
CARD = {"mdtrt_cert_type": "02", "mdtrt_cert_no": "1"}
LINE = {
    "feedetl_sn": "1", "mdtrt_id": "1", "psn_no": "1", "chrg_bchno": "1", "rx_circ_flag": "0",
    "fee_ocur_time": "2024-05-06 07:00:00", "med_list_codg": "X", "medins_list_codg": "Y",
    "det_item_fee_sumamt": Decimal("4.52"), "cnt": 1, "pric": Decimal("4.52"), "bilg_dept_codg": "1",
    "bilg_dept_name": "内科", "bilg_dr_codg": "1", "bilg_dr_name": "医生", "hosp_appr_flag": "0",
}  # fmt: skip


def sent(infno: str, data: Any, *, numbers: Numbers = "number", named: str = "", **changes: Any) -> list[Problem]:
    """The problems of a request; ``named`` is another transaction that the message itself names."""
    number = envelope.msgid(SENDER.fixmedins_code, AT, 1)
    message = envelope.request(named or infno, msgid=number, sender=SENDER, insuplc_admdvs="520100", at=AT, input=data)
    return validate(interface(), infno, "request", {**message, **changes}, numbers)


def answered(infno: str, output: Any, *, numbers: Numbers = "number", **changes: Any) -> list[Problem]:
    """The problems of an accepting reply."""
    number = envelope.refmsgid("520000", AT, 1)
    message = envelope.accepted(refmsgid=number, received=AT, responded=AT, output=output)
    return validate(interface(), infno, "reply", {**message, **changes}, numbers)


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    """Path and rule of each."""
    return [(p.path, p.rule) for p in problems]


def test_a_problem_says_what_was_expected_and_what_came() -> None:
    """Path, field, Chinese label, rule, expectation in both languages, the value as it came."""
    [problem] = sent("1101", {"data": {**CARD, "mdtrt_cert_type": "7"}})
    assert ("input.data.mdtrt_cert_type", "mdtrt_cert_type") == (problem.path, problem.field)
    assert ("就诊凭证类型", "code_regional", '"7"') == (problem.label, problem.rule, problem.actual)
    assert "a code of mdtrt_cert_type: 01 医保电子凭证" in problem.expected.show("en")
    assert "代码表 mdtrt_cert_type" in problem.expected.show("zh")
    assert problem.text().show("zh").startswith("input.data.mdtrt_cert_type 就诊凭证类型：应为")


def test_an_absent_value_is_shown_as_absent_and_a_long_one_cut() -> None:
    """An empty string and no string can be told apart."""
    problems = {p.path: p.actual for p in sent("1101", {"data": {"mdtrt_cert_type": "", "begntime": "长" * 500}})}
    assert ABSENT == problems["input.data.mdtrt_cert_no"]
    assert '""' == problems["input.data.mdtrt_cert_type"]
    assert 60 == len(problems["input.data.begntime"])


def test_a_card_needs_its_serial() -> None:
    """card_sn is required exactly for a social security card, and the problem gives the reason."""
    assert [] == sent("1101", {"data": CARD})
    [problem] = sent("1101", {"data": {**CARD, "mdtrt_cert_type": "03"}})
    assert ("input.data.card_sn", "required") == (problem.path, problem.rule)
    assert "mdtrt_cert_type is 03" in problem.expected.show("en")
    assert [] == sent("1101", {"data": {**CARD, "mdtrt_cert_type": "03", "card_sn": "1"}})
    assert [problem.path] == [p.path for p in sent("1101", {"data": {**CARD, "mdtrt_cert_type": "03", "card_sn": ""}})]


def test_of_name_and_code_one_is_needed() -> None:
    """1201: either will do, an empty one does not count."""
    kind = {"fixmedins_type": "1"}
    assert [] == sent("1201", {"medinsinfo": {**kind, "fixmedins_name": "医院"}})
    assert [] == sent("1201", {"medinsinfo": {**kind, "fixmedins_name": "", "fixmedins_code": "H11010500001"}})
    neither = {("input.medinsinfo.fixmedins_code", "required"), ("input.medinsinfo.fixmedins_name", "required")}
    assert neither == set(told(sent("1201", {"medinsinfo": {**kind, "fixmedins_name": None}})))


@pytest.mark.parametrize("numbers", ["number", "string", "either"])
def test_a_refund_row_names_the_row_it_takes_back(numbers: Numbers) -> None:
    """2301: negative quantity, however it is written, asks for init_feedetl_sn in that row only."""
    plain = {k: v for k, v in LINE.items() if k not in ("mdtrt_id", "chrg_bchno", "rx_circ_flag")}
    row = {**plain, "mdtrt_id": "1", "rx_circ_flag": "0"}
    if numbers == "string":
        row = {k: str(v) for k, v in row.items()}
    cnt: Any = -1 if numbers == "number" else "-1.5"
    problems = told(sent("2301", {"feedetail": [row, {**row, "cnt": cnt}]}, numbers=numbers))
    assert ("input.feedetail[1].init_feedetl_sn", "required") in problems
    assert not [p for p in problems if p[0].startswith("input.feedetail[0].init")]


def test_a_person_number_asks_for_the_insured_place() -> None:
    """In an object and in rows; without a person number the place may be empty."""
    data = {"psn_no": "1", "omsgid": "1", "oinfno": "2207"}
    assert [("insuplc_admdvs", "required")] == told(sent("2601", {"data": data}, insuplc_admdvs=""))
    assert [("insuplc_admdvs", "required")] == told(sent("2204", {"feedetail": [LINE]}, insuplc_admdvs=None))
    assert [] == sent("1101", {"data": CARD}, insuplc_admdvs="")


def test_rows_that_must_be_sent_are_at_least_one() -> None:
    """An empty list counts as nothing sent."""
    assert [] == sent("2204", {"feedetail": [LINE]})
    assert [("input.feedetail", "required")] == told(sent("2204", {"feedetail": []}))


def test_places_inside_rows_are_counted_from_zero() -> None:
    """Each row's problems under its own number."""
    rows = [LINE, {**LINE, "cnt": Decimal("1.00001")}, {**LINE, "feedetl_sn": "0"}]
    expected = [("input.feedetail[1].cnt", "decimals"), ("input.feedetail[2].feedetl_sn", "format")]
    assert expected == told(sent("2204", {"feedetail": rows}))


def test_all_problems_come_at_once() -> None:
    """Not only the first."""
    line = {**LINE, "cnt": "1", "pric": Decimal("1E+10"), "rx_circ_flag": "9", "psn_no": "", "med_list_codg": "x" * 51}
    rules = {"type", "range", "code", "required", "length"}
    assert rules == {p.rule for p in sent("2204", {"feedetail": [line]})}


@pytest.mark.parametrize(
    ("amount", "numbers", "rule"),
    [
        (Decimal("4.52"), "number", None),
        (4, "number", None),
        (Decimal("4.520"), "number", None),
        (Decimal("99999999999999.99"), "number", None),
        (Decimal("-99999999999999.99"), "number", None),
        (Decimal("100000000000000"), "number", "range"),
        (Decimal("-100000000000000"), "number", "range"),
        (-(10**14), "number", "range"),
        (Decimal("0.001"), "number", "decimals"),
        (Decimal("12345678901234.567"), "number", "decimals"),
        ("4.52", "number", "type"),
        (True, "number", "type"),
        ("4.52", "string", None),
        ("4", "string", None),
        (Decimal("4.52"), "string", "type"),
        ("4.521", "string", "decimals"),
        ("100000000000000.00", "string", "range"),
        ("-100000000000000.00", "string", "range"),
        ("abc", "string", "type"),
        ("4.52\n", "string", "type"),
        ("4.52", "either", None),
        (Decimal("4.52"), "either", None),
        ("4.521", "either", "decimals"),
        (Decimal("4.521"), "either", "decimals"),
    ],
)
def test_how_an_amount_may_be_written(amount: Any, numbers: Numbers, rule: str | None) -> None:
    """(16,2): sixteen digits, two of them decimals, exactly; a reader using floats would let 12345678901234.567 pass."""
    data = {"setl_optins": "1", "file_qury_no": "1", "stmt_begndate": "2024-05-01", "stmt_enddate": "2024-05-31",
            "medfee_sumamt": amount, "fund_pay_sumamt": 0, "cash_payamt": 0, "fixmedins_setl_cnt": 1,
            "clr_type": "11"}  # fmt: skip
    if numbers == "string":
        data |= {"fund_pay_sumamt": "0", "cash_payamt": "0", "fixmedins_setl_cnt": "1"}
    expected = [] if rule is None else [("input.data.medfee_sumamt", rule)]
    assert expected == told(sent("3202", {"data": data}, numbers=numbers))


def test_the_number_must_be_that_of_the_transaction() -> None:
    """A message judged as another transaction says so."""
    problems = sent("1101", {"data": CARD}, named="1102")
    assert [("infno", "infno")] == told(problems)
    assert "1101" in problems[0].expected.show("en")


def test_an_empty_reply_lacks_what_every_reply_has() -> None:
    """``{}`` is told what is missing, and is not asked for an error text before it says that it failed."""
    found = told(validate(interface(), "2207", "reply", {}))
    assert [("inf_refmsgid", "required"), ("infcode", "required")] == found


def test_a_refusal_needs_a_text_and_no_output() -> None:
    """And an acceptance the reverse, where the transaction has an output."""
    assert [("err_msg", "required")] == told(answered("2207", {}, infcode=-1))
    assert [] == answered("2207", None, infcode=-1, err_msg="没有可结算的费用")
    assert [("output", "required")] == told(answered("2207", None))
    assert ("output.setlinfo", "required") in told(answered("2207", {}))


@pytest.mark.parametrize("output", [{}, None, ""])
def test_a_transaction_without_output_may_answer_nothing(output: Any) -> None:
    """2601 answers success and that is all."""
    assert [] == answered("2601", output)


def test_a_state_code_is_written_as_numbers_are() -> None:
    """Recorded both ways; a profile says which."""
    assert [("infcode", "type")] == told(answered("2601", {}, infcode="0"))
    assert [] == answered("2601", {}, infcode="0", numbers="string")
    assert [] == answered("2601", {}, infcode="0", numbers="either")
    assert [("err_msg", "required")] == told(answered("2601", {}, infcode="-1", numbers="either"))


def test_a_reader_of_answers_cuts_a_date_time_to_a_date() -> None:
    """Where a date is declared; a sender of requests gets no such leave."""
    base = {"psn_no": "1", "psn_cert_type": "01", "certno": "1", "psn_name": "某", "gend": "1", "age": 40}
    insured = {"balc": 0, "insutype": "310", "psn_type": "11", "cvlserv_flag": "0", "insuplc_admdvs": "520100"}
    assert [] == answered("1101", {"baseinfo": {**base, "brdy": "1984-01-01 00:00:00"}, "insuinfo": [insured]})
    assert [("output.baseinfo.brdy", "format")] == told(
        answered("1101", {"baseinfo": {**base, "brdy": "1984-01-32"}, "insuinfo": [insured]})
    )
    query = {"updt_time": "2024-01-01 00:00:00", "page_num": 1, "page_size": 10}
    assert [("input.data.updt_time", "format")] == told(sent("1312", {"data": query}))


def test_other_spellings_and_places_are_read() -> None:
    """Field alias, node alias, fields under ``data`` instead of directly, rows directly or under ``output``."""
    file = {"file_qury_no": "1", "filename": "f", "dld_end_time": "2024-05-06"}
    assert [] == answered("1301", file)
    assert [] == answered("1301", {"data": file})
    assert [("output.data.filename", "required")] == told(answered("1301", {"data": {**file, "filename": ""}}))
    assert [("output.filename", "required")] == told(answered("1301", {**file, "filename": ""}))
    assert [] == answered("5204", [])
    assert [] == answered("5204", {"output": []})
    assert [("output.output", "required")] == told(answered("5204", {"rows": []}))
    row = {"type": "1", "parentValue": "1", "admdvs": "520100", "date": "2024-01-01", "valiFlag": "1"}
    alias = {"type": "1", "parent_value": "1", "admdvs": "520100", "date": "2024-01-01", "Vali_Flag": "1"}
    assert [] == sent("1901", {"data": row})
    assert [] == sent("1901", {"data": alias})
    assert [("input.data.Vali_Flag", "code")] == told(sent("1901", {"data": {**alias, "Vali_Flag": "7"}}))
    del row["valiFlag"]
    assert [("input.data.valiFlag", "required")] == told(sent("1901", {"data": row}))


def test_one_row_may_come_without_the_list() -> None:
    """Where clients were seen to do so (3301); elsewhere a list is a list."""
    row = {"fixmedins_hilist_id": "1", "fixmedins_hilist_name": "x", "list_type": "101", "med_list_codg": "X",
           "begndate": "2024-01-01", "enddate": "2024-12-31"}  # fmt: skip
    assert [] == sent("3301", {"data": [row]})
    assert [] == sent("3301", {"data": row})
    assert [("input.data.list_type", "code")] == told(sent("3301", {"data": {**row, "list_type": "7"}}))
    assert [("input.feedetail", "type")] == told(sent("2204", {"feedetail": LINE}))


def test_an_unknown_transaction_is_an_input_error() -> None:
    """With the nearest number."""
    with pytest.raises(InputError, match="2207"):
        validate(interface(), "22O7", "request", {})
