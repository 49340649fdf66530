"""Settings files, and every variant of the wire that they switch."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import fields
from platform_desk import NOW, Desk, world

from sim.errors import BadFileError, InputError
from sim.files import parse_yaml
from sim.interface import crypto, wire
from sim.interface.leniency import LENIENCIES
from sim.platform import Readings
from sim.service import Settings, application, read_settings
from sim.service.launch import Cast, built
from sim.service.settings import from_document, schema

WHOLE = f"""
gateway:
  scheme: csb
  unit: milliseconds
  window_seconds: 600
  keys: {{AK: secret}}
  remembered: false
  status: 200
protection:
  signature: sm2-input
  public_keys: {{default: "{"0" * 126}11"}}
  private_key: "{"11" * 32}"
  encoding: raw
  sm4: {{key: "{"22" * 16}", mode: cbc, iv: "{"33" * 16}"}}
wire:
  infcode: string
  amounts: string
  output: text
  charset: gbk
  lenient: false
  leniencies: {{gbk_body: true}}
limits: {{body_bytes: 1000, body_seconds: 5, per_second: 7, burst: 8}}
"""


def given(text):
    return from_document(parse_yaml(text, "settings.yaml"))


def test_everything_can_be_said_in_a_file(tmp_path):
    """Each key reaches its value."""
    file = tmp_path / "settings.yaml"
    file.write_text(WHOLE)
    settings = read_settings(file)
    assert settings.gateway is not None
    assert ("csb", "milliseconds", timedelta(minutes=10), False, 200) == (
        settings.gateway.scheme,
        settings.gateway.unit,
        settings.gateway.window,
        settings.gateway.remembered,
        settings.gateway.status,
    )
    assert crypto.Sm4("22" * 16, "cbc", "33" * 16) == settings.protection.cipher
    assert frozenset(LENIENCIES) - {"gbk_body"} == settings.wire.refused
    assert (1000, 5, 7, 8) == tuple(
        getattr(settings.limits, name) for name in ("body_bytes", "body_seconds", "per_second", "burst")
    )


def test_an_empty_file_changes_nothing():
    """Nor does a gateway of scheme none."""
    assert Settings() == given("") == given("gateway: {scheme: none}")


@pytest.mark.parametrize(
    ("text", "line", "nearest"),
    [
        ("gatewy: {scheme: csb}", 1, "gateway"),
        ("wire:\n  amount: string", 2, "amounts"),
        ("wire:\n  charset: gb", 2, "gbk"),
        ("wire:\n  leniencies:\n    gbk_bodies: true", 3, "gbk_body"),
        ("gateway:\n  scheme: csb", 1, None),
        ("protection:\n  private_key: '12'", 2, None),
        ("protection:\n  sm4:\n    key: zz", 3, None),
        ("protection:\n  public_keys:\n    default: '04'", 3, None),
        ("protection:\n  sm4: {key: '" + "22" * 16 + "', mode: cbc}", 2, None),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_nearest_name(text, line, nearest):
    """Unknown keys, wrong words, keys of the wrong length."""
    with pytest.raises(InputError) as caught:
        given(text)
    error = caught.value.problems[0] if isinstance(caught.value, BadFileError) else caught.value
    assert (line, nearest) == (error.place.line, error.nearest)


def asked(settings, change=lambda body: body, **headers):
    app = application(world(), clock=lambda: NOW, settings=settings)
    desk = Desk(app.state.service.reference).ready()
    body = change(wire.encode(desk.message("2206", desk.asked())))
    return app, app.state.service.answer(body, **headers)


def test_replies_take_the_form_that_was_set():
    """infcode and amounts as strings, output as text, GBK; the same reply without that is the interface's own."""
    _, plain = asked(Settings())
    expected = wire.decode(plain)
    assert 0 == expected["infcode"]
    _, sent = asked(given("wire: {infcode: string, amounts: string, output: text, charset: gbk}"))
    reply = wire.decode(sent.decode("gbk").encode())
    assert "0" == reply["infcode"]
    head = wire.decode(reply["output"].encode())["setlinfo"]
    assert head["medfee_sumamt"] == f"{expected['output']['setlinfo']['medfee_sumamt']}"
    assert not [value for value in head.values() if isinstance(value, Decimal)]


VARIANTS = {
    "gbk_body": (lambda body: body.decode().encode("gbk"), {}),
    "byte_order_mark": (lambda body: b"\xef\xbb\xbf" + body, {}),
    "text_plain": (lambda body: body, {"content_type": "text/plain"}),
    "expect_continue": (lambda body: body, {"expect": "100-continue"}),
    "capital_input": (lambda body: body.replace(b'"input"', b'"Input"'), {}),
    "input_as_text": (
        lambda body: wire.encode({**wire.decode(body), "input": wire.encode(wire.decode(body)["input"]).decode()}),
        {},
    ),
    "null_text": (lambda body: body.replace(b'"dev_no":""', b'"dev_no":"null"'), {}),
    "null_value": (lambda body: body.replace(b'"dev_no":""', b'"dev_no":null'), {}),
    "number_as_text": (lambda body: wire.encode(with_text(wire.decode(body))), {}),
    "long_institution_code": (lambda body: wire.encode(with_long_code(wire.decode(body))), {}),
    "other_version": (lambda body: body.replace(b"V1.0", b"1.0.0"), {}),
}


def with_text(message):
    data = message["input"]["data"]
    return {**message, "input": {"data": {**data, "medfee_sumamt": str(data["medfee_sumamt"])}}}


def with_long_code(message):
    return {**message, "fixmedins_code": message["fixmedins_code"] + "01"}


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_is_accepted_leniently_and_refused_strictly(name):
    """Accepted it is noted, by name, with its message; refused alone it is refused for that reason only."""
    change, headers = VARIANTS[name]
    app, body = asked(Settings(), change, **headers)
    assert 0 == wire.decode(body)["infcode"], body.decode()
    entry = app.state.service.recent.shown()[0]
    assert [name] == [one["name"] for one in entry["leniencies"]]
    assert 1 == app.state.service.recent.leniencies[name]
    strict = given(f"wire: {{leniencies: {{{name}: false}}}}")
    _, refused = asked(strict, change, **headers)
    assert -1 == wire.decode(refused)["infcode"]
    assert "严格" in wire.decode(refused)["err_msg"]
    others = given(f"wire: {{lenient: false, leniencies: {{{name}: true}}}}")
    assert 0 == wire.decode(asked(others, change, **headers)[1])["infcode"]


def test_a_message_as_the_interface_has_it_passes_strictly():
    """Strictness alone refuses nothing."""
    app, body = asked(given("wire: {lenient: false}"))
    assert 0 == wire.decode(body)["infcode"]
    assert not app.state.service.recent.leniencies


def test_the_schema_names_every_reading_that_can_be_chosen():
    """No more and no fewer than the platforms have."""
    assert sorted(schema()["properties"]["readings"]["properties"]) == sorted(each.name for each in fields(Readings))


def test_a_reading_and_a_language_chosen_in_the_file_reach_the_platforms():
    """With them a message without sign-in is refused, in English; without them it is answered with a warning."""
    strict = given("readings: {sign_in_required: true}\nlang: en")
    replies = []
    for settings in (Settings(), strict):
        reference = built(Cast(), settings)
        desk = Desk(reference)
        replies.append(reference.call(desk.message("1101", {"data": desk.shown()}), NOW))
    assert [0, -1] == [reply["infcode"] for reply in replies]
    assert "sign" in replies[1]["err_msg"]
