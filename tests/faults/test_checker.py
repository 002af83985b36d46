"""The checker finds what it is there for: each rule has a history that breaks it and no other, made from a sound one by
one change of hand.  A checker that can't fail is a defect."""
import copy

import pytest

from faults.rules import audit, check, keys, people, service, tokens
from faults.world import LIFETIMES

ALL = {rule.__name__ for file in (tokens, people, keys, service, audit) for rule in file.RULES}


class Script:
    """A history told step by step: each takes a tenth of a second, `rest` passes between."""

    def __init__(self):
        self.events, self.at = [], 100.0

    def add(self, op, got="ok", rest=0.1, took=0.1, **more):
        self.at += rest
        event = {"n": len(self.events), "who": "c", "op": op, "call": self.at, "end": self.at + took, **more}
        if got:
            event["got"] = got
        self.at += took
        self.events.append(event)
        return event

    def login(self, session="s", **more):
        return self.add("login", person="an", portal="p", offline=True, session=session, **more)

    def code(self, code="c", session="s", offline=True, **more):
        return self.add("authorize", person="an", portal="p", offline=offline, session=session, code=code, **more)

    def redeem(self, code="c", token="r0", access="a0", kid="k", **more):
        got = more.get("got", "ok")
        gives = {"successor": token, "access": access, "kid": kid, "grant": "g", "lives": 300} if got == "ok" else {}
        return self.add("redeem", code=code, **gives, **more)

    def refresh(self, old, new, kid="k", **more):
        got = more.get("got", "ok")
        gives = {"successor": new, "access": "a" + new, "kid": kid, "grant": "g", "lives": 300} if got == "ok" else {}
        if got == "refused":
            gives["error"] = "invalid_grant"
        return self.add("refresh", token=old, **gives, **more)

    def ask(self, access, active, **more):
        return self.add("introspect", access=access, active=active, **more)

    def begun(self):
        self.login()
        self.code()
        self.redeem()
        return self

    def fault(self, name="kill-web", took=1.0):
        return self.add("fault", got=None, fault=name, took=took, settled=0.5)

    def audited(self):
        """As it should stand for what was told so far."""
        names = {"login": "login", "authorize": "grant.issued", "redeem": "token.code", "refresh": "token.refresh",
                 "revoke": "grant.revoked", "lock": "identity.locked", "unlock": "identity.unlocked"}
        rows = [{"event": names[e["op"]], "outcome": "ok", "person": "an", "client": "p", "grant": "g",
                 "request": f"q{e['n']}", "operator": None}
                for e in self.events if e["op"] in names and e["got"] == "ok"]
        self.add("audit", got=None, rows=rows)
        return rows


def sound():
    """A day without reproach: lost answers, a lock, a rotation, a fault."""
    s = Script().begun()
    s.ask("a0", True)
    s.fault()
    s.refresh("r0", None, got="lost")
    s.refresh("r0", "r1")
    s.refresh("r1", "r2")
    s.refresh("r0", None, got="refused")       # reuse: the family ends
    s.refresh("r2", None, got="refused")
    s.ask("a0", False)
    s.code("c2")
    s.redeem("c2", "t0", "b0")
    s.add("revoke", token="t0")
    s.refresh("t0", None, got="refused")
    s.add("jwks", kids=["k", "k2"], max_age=4)
    s.add("verify", got=None, access="b0", kid="k", jwks=s.events[-1]["n"], verdict="ok")
    s.add("lock", person="an")
    s.login(got="refused")
    s.add("unlock", person="an")
    s.add("authorize", person="an", portal="p", offline=True, session="s", got="refused", error="login page")
    s.add("revoke_key", kid="k")
    s.add("jwks", kids=["k2"], max_age=4, rest=3)
    s.add("revoke_key", kid="k2")
    s.fault("network-cut", took=4.0)  # one node has not heard of it, the other signs with its successor
    s.add("jwks", kids=["k2"], max_age=4)
    s.add("verify", got=None, access="b0", kid="k3", jwks=s.events[-1]["n"], verdict="unknown kid k3")
    s.audited()
    return s


def test_a_sound_history_is_found_sound():
    assert check(sound().events, LIFETIMES) == []


def test_a_token_may_be_good_until_who_is_asked_has_heard_of_the_step():
    s = Script().begun()
    s.add("clock", got=None, offset=3600, rest=10)
    s.ask("a0", True)
    s.audited()
    assert check(s.events, LIFETIMES) == []


# -- each rule, broken ---------------------------------------------------------------------------------

PLANTED = {}


def plants(rule):
    def keep(make):
        assert rule in ALL, rule
        PLANTED.setdefault(rule, []).append(make)
        return make
    return keep


@plants("an_acknowledged_refresh_token_works")
def lost_token(s):
    s.refresh("r0", None, got="refused")


@plants("an_acknowledged_refresh_token_works")
def lost_answer_ends_it(s):
    s.fault()
    s.refresh("r0", None, got="lost")
    s.refresh("r0", None, got="refused", rest=3)


@plants("an_acknowledged_refresh_token_works")
def unused_successor_ends_it(s):
    s.refresh("r0", "r1")
    s.refresh("r0", None, got="refused", rest=50)


@plants("an_acknowledged_code_works")
def lost_code(s):
    s.code("c9")
    s.redeem("c9", got="refused", error="invalid_grant")


@plants("a_code_works_once")
def code_twice(s):
    s.redeem("c", "x0", "x1")


@plants("a_code_that_has_expired_is_dead")
def old_code(s):
    s.code("c9")
    s.redeem("c9", "x0", "x1", rest=70)


@plants("a_replaced_refresh_token_is_dead")
def replaced(s):
    s.refresh("r0", "r1")
    s.refresh("r1", "r2")
    s.refresh("r0", "r9")


@plants("a_replaced_refresh_token_is_dead")
def grace_over(s):
    s.refresh("r0", "r1")
    s.refresh("r0", "r9", rest=63)


@plants("a_replaced_refresh_token_is_dead")
def grace_over_by_the_databases_clock(s):
    s.refresh("r0", "r1")
    s.add("clock", got=None, offset=3600)
    s.refresh("r0", "r9", rest=8)


@plants("one_successor_lives_on")
def two_lines(s):
    s.refresh("r0", "r1")
    s.refresh("r0", "r2")
    one = s.refresh("r1", "r3")
    s.refresh("r2", "r4", rest=0)["call"] = one["call"]  # at the same moment: neither was certain before the other


@plants("what_has_ended_stays_ended")
def revoked_refresh(s):
    s.add("revoke", token="r0")
    s.refresh("r0", "r1")


@plants("what_has_ended_stays_ended")
def revoked_access(s):
    s.add("revoke", token="r0")
    s.ask("a0", True)


@plants("what_has_ended_stays_ended")
def reuse_forgiven(s):
    s.refresh("r0", "r1")
    s.refresh("r1", "r2")
    s.refresh("r0", None, got="refused")
    s.refresh("r2", "r3")


@plants("what_has_ended_stays_ended")
def a_used_code_forgiven(s):
    s.redeem("c", got="refused", error="invalid_grant")
    s.ask("a0", True)


@plants("what_has_ended_stays_ended")
def a_lock_forgiven(s):
    s.add("lock", person="an")
    s.add("unlock", person="an")
    s.refresh("r0", "r1")


@plants("what_has_ended_stays_ended")
def a_logout_forgiven(s):
    s.code("c5", offline=False)
    s.redeem("c5", "z0", "z1")
    s.add("logout", session="s")
    s.ask("z1", True)


@plants("an_acknowledged_access_token_is_good")
def access_lost(s):
    s.ask("a0", False)


@plants("an_acknowledged_access_token_is_good")
def userinfo_lost(s):
    s.add("userinfo", access="a0", got="refused")


@plants("an_access_token_that_has_expired_is_dead")
def access_for_ever(s):
    s.ask("a0", True, rest=310)


@plants("an_access_token_that_has_expired_is_dead")
def access_after_a_step_that_everybody_heard_of(s):
    s.add("clock", got=None, offset=3600, rest=10)
    s.ask("a0", True, rest=8)


@plants("tokens_come_from_what_we_know")
def invented(s):
    s.refresh("zz", "zy")


@plants("a_locked_person_cannot_log_in")
def locked_login(s):
    s.add("lock", person="an")
    s.login("s2")


@plants("the_right_password_is_taken")
def password_forgotten(s):
    s.login("s2", got="refused")


@plants("an_ended_session_is_dead")
def session_after_logout(s):
    s.add("logout", session="s")
    s.code("c7")


@plants("an_acknowledged_session_lives")
def session_forgotten(s):
    s.code("c7", got="refused", error="login_required")


@plants("tokens_verify_with_keys_in_their_age")
def key_unknown(s):
    fetch = s.add("jwks", kids=["k"], max_age=4)
    s.add("verify", got=None, access="a0", kid="k3", jwks=fetch["n"], verdict="unknown kid k3")


@plants("a_revoked_key_signs_nothing")
def revoked_key_signs(s):
    s.add("revoke_key", kid="k")
    s.refresh("r0", "r1", rest=5)


@plants("a_revoked_key_is_not_published")
def revoked_key_published(s):
    s.add("revoke_key", kid="k")
    s.add("jwks", kids=["k"], max_age=4, rest=5)


@plants("tokens_of_a_revoked_key_are_refused")
def revoked_key_good(s):
    s.add("revoke_key", kid="k")
    s.ask("a0", True, rest=5)


@plants("no_answer_is_wrong")
def five_hundred(s):
    s.add("page", got="bad", status=500)


@plants("every_request_is_answered")
def forgotten_request(s):
    s.add("page", got="late")


@plants("nothing_fails_without_a_fault")
def away_for_nothing(s):
    s.add("page", got="away", person="an")


@plants("service_returns")
def never_back(s):
    s.fault()
    for _ in range(service.TRIES):
        s.add("page", got="away", person="an", rest=0.2)


@plants("keys_are_there_without_the_database")
def no_keys(s):
    s.fault("database-killed", took=5)
    s.add("jwks", got="away", rest=-2)


@plants("no_audit_entry_is_missing_or_doubled")
def entry_missing(s):
    s.audited().pop()


@plants("no_audit_entry_is_missing_or_doubled")
def entry_doubled(s):
    rows = s.audited()
    rows.append(dict(rows[-1], request="another"))


@plants("a_revocation_is_audited")
def revocation_missing(s):
    s.add("revoke", token="r0")
    rows = s.audited()
    rows[:] = [r for r in rows if r["event"] != "grant.revoked"]


@plants("one_act_is_written_once")
def written_twice(s):
    s.fault()
    for _ in range(2):
        s.refresh("r0", None, got="lost")
    rows = s.audited()
    rows += [dict(rows[-1], event="token.refresh", request="one")] * 2


CASES = [(rule, make) for rule, makes in PLANTED.items() for make in makes]


@pytest.mark.parametrize("rule,make", CASES, ids=[make.__name__ for _, make in CASES])
def test_what_is_planted_is_found(rule, make):
    s = Script().begun()
    assert check(s.events, LIFETIMES) == []
    make(s)
    assert {found[0] for found in check(s.events, LIFETIMES)} == {rule}


def test_every_rule_has_something_planted_for_it():
    assert set(PLANTED) == ALL


def test_who_may_have_been_ended_is_not_mourned():
    """A revocation whose answer was lost excuses both outcomes."""
    s = Script().begun()
    s.fault()
    s.add("revoke", token="r0", got="lost")
    both = copy.deepcopy(s.events)
    s.refresh("r0", None, got="refused")
    assert check(s.events, LIFETIMES) == []
    s.events[:] = both
    s.refresh("r0", "r1")
    assert check(s.events, LIFETIMES) == []
