"""The command line as a user or a CI job meets it: what it prints, what it writes, how it ends."""

import csv
import json
import shlex
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.end_to_end.commands import QUIET, ROOT, serving, yidi


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """A target that answers everything with the same body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_exploring_a_right_platform_and_one_that_answers_nothing(tmp_path: Path) -> None:
    """Exit 0 and nothing written; exit 1 with a pack that fails again by the very command that is printed, which leaves
    the report alone."""
    out = tmp_path / "found"
    with serving() as url:
        ran = yidi("explore", "--target", url, "--examples", 5, "--out", out)
        assert (0, False) == (ran.returncode, out.exists()), ran.stderr
        assert "5" in ran.stderr
    with answering(b"{}") as url:
        ran = yidi("explore", "--target", url, "--examples", 5, "--out", out)
        assert 1 == ran.returncode, ran.stderr
        written = (out / "report.html").read_bytes()
        (command, *_) = [line.split(": ", 1)[1] for line in ran.stdout.splitlines() if "To repeat: " in line]
        name, *arguments = shlex.split(command)
        assert ("yidi", 1) == (name, yidi(*arguments).returncode), command
        assert written == (out / "report.html").read_bytes()


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            "yidi: Nothing was checked: {url}: the target could not be reached (Connection refused); check the address",
        ),
        ("zh", "yidi: 未检查任何内容: {url}: 无法连接被测系统（Connection refused），请核对地址"),
    ],
)
def test_exploring_where_nobody_answers_says_why(lang: str, said: str, tmp_path: Path) -> None:
    """Exit 4, nothing written, and one line: which address, why it was not reached, what to do."""
    url = f"http://127.0.0.1:{closed_port()}"
    ran = yidi("--lang", lang, "explore", "--target", url, "--examples", 5, "--out", tmp_path / "none")
    assert (4, False) == (ran.returncode, (tmp_path / "none").exists()), ran.stderr
    (line,) = ran.stderr.splitlines()
    assert line.startswith(said.format(url=url))


def test_a_platform_that_is_right_passes_twice_without_a_reset(tmp_path: Path) -> None:
    """Exit 0 and no finding; a second run against the same server comes to the same verdict."""
    packs = ("--pack", "outpatient", "--pack", "reconciliation")
    with serving() as url:
        for run in ("first", "second"):
            ran = yidi("certify", "platform", "--target", url, *packs, "--out", tmp_path / run)
            assert (0, "") == (ran.returncode, ran.stderr), ran.stdout
            report = json.loads((tmp_path / run / "report.json").read_text(encoding="utf-8"))
            assert ("passed", []) == (report["verdict"], report["findings"])
            suite = ET.parse(tmp_path / run / "junit.xml").getroot()  # noqa: S314 - our own file
            assert not list(suite.iter("failure"))
            assert "http://" not in (tmp_path / run / "report.html").read_text(encoding="utf-8").replace(url, "")


def test_a_platform_that_answers_nothing_fails_and_is_told_what_is_missing(tmp_path: Path) -> None:
    """``{}`` to everything: exit 1, and the findings name the fields."""
    with answering(b"{}") as url:
        ran = yidi("certify", "platform", "--target", url, "--pack", "outpatient", "--out", tmp_path)
    assert 1 == ran.returncode, ran.stdout + ran.stderr
    assert "infcode" in ran.stdout
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {"infcode", "inf_refmsgid"} <= {finding["path"] for finding in report["findings"]}


def test_a_target_that_cannot_be_reached_is_not_blamed() -> None:
    """Exit 4, saying that nothing was checked."""
    ran = yidi("certify", "platform", "--target", f"http://127.0.0.1:{closed_port()}")
    assert 4 == ran.returncode, ran.stdout + ran.stderr
    assert "nothing" in ran.stdout.lower()


def test_one_scenario_can_be_run_alone() -> None:
    """The command that a report gives for repeating a finding works."""
    with serving() as url:
        ran = yidi("certify", "platform", "--target", url, "--scenario", "OUT-001")
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert "1 of 1 scenarios" in ran.stdout


def test_what_was_said_can_be_judged_again_from_disk(tmp_path: Path) -> None:
    """`yidi judge` on the conversation that a run left comes to the run's verdict."""
    with serving() as url:
        yidi("certify", "platform", "--target", url, "--pack", "outpatient", "--out", tmp_path)
    file = tmp_path / "evidence" / "conversation.jsonl"
    again = yidi("judge", file, "--pack", "outpatient", "--out", tmp_path / "again")
    assert 0 == again.returncode, again.stdout + again.stderr
    file.write_text(file.read_text(encoding="utf-8") + '{"seq": 1}\n', encoding="utf-8")
    broken = yidi("judge", file)
    assert 2 == broken.returncode
    assert "conversation.jsonl, line" in broken.stderr


def test_the_evidence_of_a_run_is_verified_and_a_changed_byte_is_found(tmp_path: Path) -> None:
    """`yidi verify` comes to the same verdict; after one byte has changed it says so."""
    with serving() as url:
        yidi("certify", "platform", "--target", url, "--scenario", "OUT-001", "--out", tmp_path)
    assert 0 == yidi("verify", tmp_path).returncode
    file = tmp_path / "evidence" / "conversation.jsonl"
    file.write_bytes(file.read_bytes().replace(b"2207", b"2206", 1))
    assert 1 == yidi("verify", tmp_path).returncode


def test_a_platform_on_disk_goes_on_where_it_was(tmp_path: Path) -> None:
    """With `--db` a restarted platform still knows what it settled, and passes again."""
    for _ in range(2):
        with serving("--db", f"sqlite:///{tmp_path / 'platform.sqlite'}") as url:
            ran = yidi("certify", "platform", "--target", url, "--pack", "smoke")
        assert 0 == ran.returncode, ran.stdout + ran.stderr


def test_a_difference_from_elsewhere_is_explained(tmp_path: Path) -> None:
    """A reply without the out-of-town reduction is recognised as that; the right one as no difference."""
    bill = "fixtures/bills/beijing-classes-abc.yaml"
    right = json.loads(yidi("settle", bill, "--json").stdout)["amounts"]
    reply = tmp_path / "reply.json"
    reply.write_text(json.dumps({"infcode": 0, "output": {"setlinfo": right}}), encoding="utf-8")
    assert 0 == yidi("settle", bill, "--explain-difference", reply).returncode
    wrong = {**right, "hifp_pay": "14324.20", "fund_pay_sumamt": "14324.20", "psn_part_amt": "4945.80"}
    wrong |= {"psn_cash_pay": "2945.80", "pool_prop_selfpay": "0.8500"}
    reply.write_text(json.dumps({"infcode": 0, "output": {"setlinfo": wrong}}), encoding="utf-8")
    ran = yidi("settle", bill, "--explain-difference", reply)
    assert 1 == ran.returncode, ran.stderr
    assert "14324.20" in ran.stdout
    assert "out-of-town" in ran.stdout


def test_the_demonstration_finds_the_planted_fault(tmp_path: Path) -> None:
    """`yidi demo` ends with 0 and one report in which the good platform passes and the fault is named."""
    ran = yidi("--lang", "zh", "demo", "--out", tmp_path / "demo", cwd=tmp_path)
    assert (0, "") == (ran.returncode, ran.stderr), ran.stdout
    page = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    assert 'lang="zh-Hans"' in page
    assert "act_pay_dedc" in page
    for part in ("good", "faulty", "day"):
        assert (tmp_path / "demo" / part / "report.html").is_file()
    assert ["demo"] == [entry.name for entry in tmp_path.iterdir()]


def test_a_plan_gives_the_same_tables_twice(tmp_path: Path) -> None:
    """Same seed, same bytes; another seed, other visits."""
    for run, seed in (("one", 5), ("two", 5), ("three", 6)):
        ran = yidi("simulate", "scenarios/plans/demo-day.yaml", "--seed", seed, "--out", tmp_path / run)
        assert 0 == ran.returncode, ran.stderr
    tables = sorted(file.name for file in (tmp_path / "one").glob("*.csv"))
    assert "visits.csv" in tables
    for name in tables:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert (tmp_path / "one" / "visits.csv").read_bytes() != (tmp_path / "three" / "visits.csv").read_bytes()


def test_a_simulated_day_can_be_recorded_and_judged(tmp_path: Path) -> None:
    """In the conversation that `simulate --record` leaves, the judge finds the lost answers and nothing else."""
    ran = yidi("simulate", "scenarios/plans/demo-day.yaml", "--record", tmp_path / "rec", "--out", tmp_path / "out")
    assert 0 == ran.returncode, ran.stderr
    with (tmp_path / "out" / "visits.csv").open(encoding="utf-8") as file:
        lost = sum(int(row["lost"]) for row in csv.DictReader(file))
    judged = yidi("judge", tmp_path / "rec" / "conversation.jsonl", "--out", tmp_path / "judged")
    report = json.loads((tmp_path / "judged" / "report.json").read_text(encoding="utf-8"))
    assert ["ENV-ANSWERED"] * lost == [finding["clause"]["id"] for finding in report["findings"]], judged.stdout
    assert (1 if lost else 0) == judged.returncode


def test_a_bill_is_explained_and_closes() -> None:
    """Steps for class A, B and C, and the closing sums."""
    ran = yidi("settle", "fixtures/bills/beijing-classes-abc.yaml")
    assert (0, "") == (ran.returncode, ran.stderr)
    for words in ("class B, first self-pay 10%", "class C, wholly own pay", "19270.00 = 19270.00", "A1", "A6"):
        assert words in ran.stdout
    data = json.loads(yidi("settle", "fixtures/bills/beijing-classes-abc.yaml", "--json").stdout)
    assert "12891.78" == data["amounts"]["fund_pay_sumamt"]
    other = yidi(
        "settle", "fixtures/bills/beijing-classes-abc.yaml", "--policy", "guiyang-employee", "--on", "2024-02-01"
    )
    assert "guiyang-employee" in other.stdout


BILL = (ROOT / "fixtures/bills/beijing-classes-abc.yaml").read_text(encoding="utf-8")
PLAN = (ROOT / "scenarios/plans/demo-day.yaml").read_text(encoding="utf-8")
SCENARIO = (ROOT / "scenarios/packs/outpatient/out-001-three-classes.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (("settle",), BILL.replace("care:", "caer:"), ["line 4, key caer", "nearest valid name: care"]),
        (("settle",), BILL.replace("120.50", "120.1234567"), ["key lines[0].pric"]),
        (("settle",), BILL.replace("440.00", "441.00"), ["line 13"]),
        (("settle",), BILL.replace("beijing-employee", "bejing-employee"), ["nearest valid name: beijing-employee"]),
        (("settle",), BILL.replace("2024-03-15", "1999-03-15"), ["2023-01-01"]),
        (("simulate",), PLAN.replace("hours:", "huors:"), ["key huors", "nearest valid name: hours"]),
        (("pack", "check"), SCENARIO.replace("steps:", "stpes:"), ["key stpes", "nearest valid name: steps"]),
        (
            ("certify", "platform", "--target", "http://127.0.0.1:9", "--profile"),
            "rol: platform\n",
            ["line 1, key rol"],
        ),
        (("interface", "check"), "not json", ["JSON"]),
        (("settle",), "a: [", ["not valid YAML"]),
    ],
)
def test_a_wrong_file_is_one_clear_error(words: tuple[str, ...], text: str, said: list[str], tmp_path: Path) -> None:
    """Exit 2; file, line, key and the nearest valid name; nothing written, no traceback."""
    file = tmp_path / "wrong.yaml"
    file.write_text(text, encoding="utf-8")
    extra = ("--out", tmp_path / "out") if words[0] in ("simulate", "certify") else ()
    ran = yidi(*words, file, *extra, cwd=tmp_path)
    assert 2 == ran.returncode, ran.stdout + ran.stderr
    assert "wrong.yaml" in ran.stderr or "1999" in text or "bejing" in text
    for part in said:
        assert part in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ["wrong.yaml"] == [entry.name for entry in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nonsense",), 2, "No such command"),
        (("compare",), 2, "not in this version"),
        (("explore",), 2, "--target"),
        (("people", "export"), 2, "--out"),
        (("tap", "--listen", "here", "--upstream", "http://127.0.0.1:9", "--out", "x"), 2, "here"),
        (("verify", "fixtures"), 2, "fixtures"),
        (("certify", "hospital", "--listen", "x"), 2, "exactly one of --drive"),
        (("serve", "--db", "mysql://x/y"), 2, "mysql"),
        (("serve", "--faults", "no-such-file.yaml"), 2, "no-such-file.yaml"),
        (("serve", "--settings", "no-such-file.yaml"), 2, "no-such-file.yaml"),
        (("serve", "--host", "192.0.2.1"), 2, "token"),
        (("simulate", "no-such-plan.yaml"), 2, "no-such-plan"),
        (("simulate", "scenarios/plans/demo-day.yaml", "--engine", "compiled"), 2, "simpy"),
        (("settle", "fixtures/bills/beijing-classes-abc.yaml", "--on", "yesterday"), 2, "YYYY-MM-DD"),
        (("interface", "show", "9999"), 2, "9999"),
        (("interface", "show", "2207", "--interface", "hunna"), 2, "nearest valid name: hunan"),
        (("pack", "show", "OUT-O01"), 2, "nearest valid name"),
        (("certify", "platform", "--target", "http://127.0.0.1:9", "--pack", "outpatent"), 2, "outpatient"),
        (("certify", "platform", "--target", "ftp://127.0.0.1"), 2, "ftp"),
        (("certify", "platform"), 2, "--target"),
    ],
)
def test_wrong_usage_says_what_to_do(words: tuple[str, ...], code: int, said: str) -> None:
    """Exit 2 with a sentence, never a traceback."""
    ran = yidi(*words)
    assert code == ran.returncode, ran.stdout + ran.stderr
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_dictionary_can_be_asked() -> None:
    """list, show, its schema, diff; machine-readable where asked."""
    listed = json.loads(yidi("interface", "list", "--json").stdout)
    assert 74 == len(listed)
    shown = yidi("--lang", "zh", "interface", "show", "2207").stdout
    assert "medfee_sumamt" in shown
    assert "医疗费总额" in shown
    schema = json.loads(yidi("interface", "show", "2207", "--schema", "reply").stdout)
    assert "https://json-schema.org/draft/2020-12/schema" == schema["$schema"]
    assert yidi("interface", "diff", "national", "hunan").stdout


def test_a_message_file_is_checked_line_by_line(tmp_path: Path) -> None:
    """Exit 1 with file, line, field and label for each problem; exit 4 when there was nothing to look at."""
    file = tmp_path / "messages.jsonl"
    file.write_text(
        '{"infno": "9001", "input": {"signIn": {"opter_no": "", "mac": "x", "ip": "y"}}}\n', encoding="utf-8"
    )
    ran = yidi("interface", "check", file)
    assert 1 == ran.returncode, ran.stderr
    assert "opter_no" in ran.stdout
    assert "messages.jsonl, line 1" in ran.stdout
    file.write_text("\n", encoding="utf-8")
    assert yidi("interface", "check", file).returncode in (2, 4)


def test_a_pipe_that_closes_early_is_no_error() -> None:
    """``yidi interface diff national hunan | head -1`` ends quietly."""
    command = f"{sys.executable} -m yidi interface diff national hunan | head -1"
    ran = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, env=QUIET)  # noqa: S602
    assert "" == ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("certify", "platform", "--target", "http://127.0.0.1:1", "--pack", "smoke"),
        ("judge", "no-such-conversation.jsonl"),
        ("people", "export"),
        ("pack", "from-conversation", "no-such-conversation.jsonl"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path: Path, words: tuple[str, ...]) -> None:
    """One line, exit code 2, nothing made: the place is under a file."""
    (tmp_path / "file").write_text("")
    done = yidi(*words, "--out", tmp_path / "file" / "report")
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert str(tmp_path / "file" / "report") in done.stderr
    assert "cannot write" in done.stderr
    assert ["file"] == [one.name for one in tmp_path.iterdir()]


def test_a_folder_made_for_nothing_is_gone_again(tmp_path: Path) -> None:
    """Bad input, or a key that cannot be used, leaves no empty folders; a folder that was there stays."""
    (tmp_path / "mine").mkdir()
    for words in (("--pack", "no-such-pack"), ("--pack", "smoke", "--key", "no-such-key")):
        for folder in ("new/deep", "mine"):
            target = ("--target", "http://127.0.0.1:1", "--out", tmp_path / folder)
            assert 2 == yidi("certify", "platform", *target, *words).returncode
    assert ["mine"] == [one.name for one in tmp_path.iterdir()]


def test_nobody_at_the_address_is_told_with_the_reason() -> None:
    """Exit code 4: nothing was checked, why not, and what to do."""
    done = yidi("certify", "platform", "--target", "http://127.0.0.1:1", "--pack", "smoke")
    assert 4 == done.returncode
    assert "could not be reached (Connection refused); check the address" in done.stdout
