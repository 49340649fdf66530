"""A hospital system under test: the suite is its patients and its platform. Acts of scenarios, one after the other."""

from __future__ import annotations

import secrets
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from conformance.conversation import Conversation, Exchange, Outcome, Raw
from conformance.drive.drivers import Driver
from conformance.drive.protocol import PROTOCOL, Ending, Told, encode, problem_of
from conformance.drive.scenario import Act, HospitalScenario
from conformance.profile import Profile
from conformance.result import HarnessFault, ScenarioStatus
from conformance.scenario.model import Scenario
from conformance.targets.hospital_platform import MOST, Desk
from conformance.targets.midnight import pauses
from conformance.targets.platform import Played, Watched
from sim.benefits import multiply
from sim.errors import HarnessError, YidiError
from sim.lang import Text, plain, say
from sim.money import show
from sim.platform.people import Institution, Person

ANSWER_SECONDS = 60.0
"""How long the hospital system may take for one order."""
QUIET_SECONDS = 5.0
"""How long messages that are still under way are waited for when an order was answered."""
OUTCOMES: Mapping[Ending, Outcome] = {
    "answered": "answered",
    "nonsense": "answered",
    "late": "timeout",
    "gone": "broken",
    "absent": "unreachable",
    "ended": "broken",
}
DIAGNOSIS = {"diag_code": "J06.900", "diag_name": "急性上呼吸道感染"}
OUTPATIENT, EMERGENCY, INPATIENT = "11", "13", "21"
"""med_type."""


class Watcher:
    """Plays scenarios for a hospital system: gives orders and keeps what was answered among the messages it sent."""

    def __init__(
        self,
        desk: Desk,
        driver: Driver,
        profile: Profile,
        people: Sequence[Person],
        url: str,
        *,
        seconds: float = ANSWER_SECONDS,
        on_progress: Callable[[Played], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.desk = desk
        self.driver = driver
        self.profile = profile
        self.people = people
        self.url = url
        self.seconds = seconds
        self.on_progress = on_progress
        self.stopped = stopped
        self.run = secrets.token_hex(8)
        self.met = False
        self.ended = False
        self.lacking: Text | None = None
        self.played: list[Played] = []
        self.faults: list[HarnessFault] = []
        self._uses: Counter[str] = Counter()

    def all(self, scenarios: Sequence[Scenario]) -> Watched:
        """Every scenario, in order."""
        for scenario in scenarios:
            if self.ended or self.stopped():
                self._done(Played(scenario, "not_run", say("run.stopped")))
            elif self.lacking is not None and not self.met:
                self._done(Played(scenario, "not_run", self.lacking))
            elif isinstance(scenario, HospitalScenario):
                self._scenario(scenario)
        if self.met and not self.ended:
            self.driver.ask({"do": "stop"}, self.seconds)
        self.desk.quiet(min(self.seconds, QUIET_SECONDS))
        ordered = sorted(self.desk.exchanges, key=lambda exchange: exchange.seq)
        stopped = self.ended or self.stopped()
        return Watched(Conversation(tuple(ordered)), tuple(self.played), tuple(self.faults), self.met, stopped)

    def _scenario(self, scenario: HospitalScenario) -> None:
        lacking = [name for name in scenario.features if not self.profile.promises(name)]
        if lacking:
            self._done(Played(scenario, "not_run", say("run.feature", features=", ".join(lacking))))
            return
        found = self._cast(scenario)
        if found is None:
            self._done(Played(scenario, "not_run", say("run.nobody")))
            return
        institution, cast = found
        for seconds in pauses(self.desk.clock):
            time.sleep(0 if self.stopped() else seconds)
        begun, day = time.monotonic(), self.desk.clock().date()
        try:
            status, reason, at = self._acts(scenario, institution, cast)
        except YidiError as error:
            self.faults.append(HarnessFault(error.text, scenario.id, error.show("en")))
            status, reason, at = "harness_failed", error.text, ""
        except Exception as error:  # whatever it is, it is ours: a driver never raises for the system under test
            told = f"{type(error).__name__}: {error}"
            self.faults.append(HarnessFault(plain(told, told), scenario.id, traceback.format_exc()))
            status, reason, at = "harness_failed", plain(told, told), ""
        if status == "failed" and self.desk.clock().date() != day:
            status, reason, at = "not_run", say("run.midnight"), ""
        self.desk.begin("", "")
        self._done(Played(scenario, status, reason, round((time.monotonic() - begun) * 1000), at))

    def _acts(
        self, scenario: HospitalScenario, institution: Institution, cast: Mapping[str, Person]
    ) -> tuple[ScenarioStatus, Text | None, str]:
        self.desk.begin(scenario.id, "start")
        orders: list[tuple[Act | None, dict[str, Any]]] = [(None, self._start(scenario, institution))]
        orders += [(act, self._order(act, institution, cast)) for act in scenario.acts]
        for act, order in orders:
            name = act.name if act else "start"
            if self.stopped():
                return "not_run", say("run.stopped"), name
            self.desk.begin(scenario.id, name, act.trouble if act else ())
            told = self._say(scenario.id, name, order)
            self.desk.quiet(min(self.seconds, QUIET_SECONDS))
            if self.desk.flooded:
                return "failed", say("hospital.run.flood", most=MOST, step=name), name
            wrong = self._wrong(scenario, act, told)
            if wrong is not None:
                return (*wrong, name)
        return "passed", None, ""

    def _wrong(
        self, scenario: HospitalScenario, act: Act | None, told: Told
    ) -> tuple[ScenarioStatus, Text | None] | None:
        """Why the scenario cannot go on, or None. What the system did wrong is also found by the judge."""
        if told.ending == "ended":
            self.ended = True
            return "not_run", say("run.stopped")
        if told.ending != "answered" and not self.met:
            self._nobody(told, scenario)
            return "not_run" if told.ending == "absent" else "harness_failed", told.problem
        if told.ending == "nonsense":
            text = told.problem or say("hospital.drive.not_json")
            self._fault(told, text, scenario)
            return "harness_failed", text
        self.met = True
        answer = told.answer
        if answer is None:
            return "failed", told.problem
        right = act.expect if act else ("done",)
        if answer.result not in right:
            name = act.name if act else "start"
            text = say("hospital.run.not_as_expected", step=name, result=answer.result, told=answer.text[:200] or "-")
            return "failed", text
        return None

    def _nobody(self, told: Told, scenario: Scenario) -> None:
        """Nobody answers from the start: nothing can be said of the hospital system. That a driver ends or hangs before
        its first answer is no fault of the hospital's, but of what drives it."""
        self.lacking = told.problem or say("hospital.run.no_driver")
        if told.ending != "absent":
            self._fault(told, self.lacking, scenario)

    def _fault(self, told: Told, text: Text, scenario: Scenario) -> None:
        """The driver is at fault: what it said, and what it complained of."""
        shown = told.body[:500].decode("utf-8", "replace")
        self.faults.append(HarnessFault(text, scenario.id, f"{shown}\n{self.driver.complaints()}".strip()))

    def _say(self, scenario: str, name: str, order: Mapping[str, Any]) -> Told:
        """Give an order; the conversation keeps it with a number before those of the messages it led to."""
        problem = problem_of("order", order)
        if problem is not None:
            raise HarnessError(say("run.own_request_invalid", step=name, problem=problem))
        seq, at = self.desk.number(), self.desk.clock()
        told = self.driver.ask(order, self.seconds, self.stopped)
        answered = told.ending == "answered"
        self.desk.exchanges.append(
            Exchange(
                seq=seq,
                sender="patient",
                receiver="hospital",
                sent_at=at.isoformat(timespec="milliseconds"),
                request=Raw(encode(order)),
                outcome=OUTCOMES[told.ending],
                answered_at=self.desk.clock().isoformat(timespec="milliseconds") if answered else None,
                reply=Raw(told.body) if told.body else None,
                scenario=scenario,
                step=name,
                note=f"drive:{told.ending}",
            )
        )
        return told

    # --- orders ---

    def _start(self, scenario: HospitalScenario, institution: Institution) -> dict[str, Any]:
        operator = institution.operators[0]
        return {
            "do": "start",
            "protocol": PROTOCOL,
            "run": self.run,
            "scenario": scenario.id,
            "url": self.url,
            "fixmedins_code": institution.fixmedins_code,
            "fixmedins_name": institution.fixmedins_name,
            "mdtrtarea_admvs": institution.admdvs,
            "opter": operator.code,
            "opter_name": operator.name,
            "reply_ms": self.profile.reply_ms,
        }

    def _order(self, act: Act, institution: Institution, cast: Mapping[str, Person]) -> dict[str, Any]:
        order: dict[str, Any] = {"do": act.do, "step": act.name}
        if act.do != "end_day":
            order["patient"] = act.person
        if act.do == "present":
            order |= self._presented(act, cast[act.person])
        elif act.do in ("register", "admit"):
            department, doctor = institution.departments[0], institution.doctors[0]
            kind = INPATIENT if act.do == "admit" else EMERGENCY if act.emergency else OUTPATIENT
            order |= {
                "med_type": kind,
                "dept_code": department.code,
                "dept_name": department.name,
                **({"adm_bed": "01-01"} if act.do == "admit" else {"caty": department.caty}),
                "atddr_no": doctor.code,
                "dr_name": doctor.name,
                **DIAGNOSIS,
            }
        elif act.do == "discharge":
            order["dscg_way"] = "1"
        elif act.do == "bill":
            order["lines"] = [self._line(one.item, one.quantity, one.approved) for one in act.lines]
        elif act.do in ("estimate", "pay"):
            order["acct_used_flag"] = "1" if act.account else "0"
        return order

    def _presented(self, act: Act, person: Person) -> dict[str, Any]:
        found = {
            "mdtrt_cert_type": act.credential,
            "mdtrt_cert_no": person.credential(act.credential),
            "psn_cert_type": person.psn_cert_type,
            "certno": person.certno,
            "psn_name": person.psn_name,
            "insutype": person.insutype,
        }
        return found | ({"card_sn": person.card_sn} if act.credential == "03" and person.card_sn else {})

    def _line(self, item: str, quantity: int, approved: bool | None) -> dict[str, Any]:
        charge = self.profile.items[item]
        return {
            "med_list_codg": charge.code,
            "medins_list_codg": charge.code,
            "name": item,
            "pric": _short(charge.price, 6),
            "cnt": _short(quantity, 4),
            "det_item_fee_sumamt": show(multiply(charge.price, quantity)),
            "hosp_appr_flag": {None: "0", True: "1", False: "2"}[approved],
        }

    # --- people ---

    def _cast(self, scenario: Scenario) -> tuple[Institution, dict[str, Person]] | None:
        """An institution that fits, and for everybody needed the fitting person who played least."""
        today = self.desk.clock().date()
        for institution in self.profile.institutions:
            if scenario.institution.level not in (None, institution.level):
                continue
            cast: dict[str, Person] = {}
            for role, need in scenario.people:
                taken = {person.psn_no for person in cast.values()}
                fitting = [p for p in self.people if p.psn_no not in taken and need.fits(p, institution, today)]
                if not fitting:
                    break
                cast[role] = min(fitting, key=lambda p: self._uses[p.psn_no])
            else:
                self._uses.update(person.psn_no for person in cast.values())
                return institution, cast
        return None

    def _done(self, played: Played) -> None:
        self.played.append(played)
        if self.on_progress is not None:
            self.on_progress(played)


def _short(value: int, decimals: int) -> str:
    """A whole number of ``10**-decimals`` without needless zeros."""
    return format(Decimal(value).scaleb(-decimals).normalize(), "f")
