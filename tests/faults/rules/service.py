"""Answers as such: no 500 ever; 503 with Retry-After or a lost connection only around a fault, and soon no more; always an
answer in time; keys and discovery while only the database is away."""
from faults.inject import OF_DATABASE

RECOVERY_S = 30
TRIES = 20


def no_answer_is_wrong(m):
    for e in m.events:
        if e.get("got") == "bad":
            yield f"{e['op']} was answered with {e['status']}: {e.get('text', '')[:120]}", e["n"]


def every_request_is_answered(m):
    for e in m.events:
        if e.get("got") == "late":
            yield f"{e['op']} got no answer in {e['end'] - e['call']:.0f} s", e["n"]


def commanded(e):
    return e["op"] in ("lock", "unlock", "sessions", "rotate", "revoke_key")


def nothing_fails_without_a_fault(m):
    faults = m.of["fault"]
    for e in m.events:
        if e.get("got") not in ("away", "lost") or commanded(e):
            continue
        if not any(f["call"] <= e["end"] and e["call"] <= f["end"] + RECOVERY_S for f in faults):
            yield f"{e['op']} was {e['got']} although nothing was broken", e["n"]


def service_returns(m):
    """Tries of one client in a row that begin after the last fault's end."""
    faults = sorted(m.of["fault"], key=lambda f: f["end"])
    tries = {}
    for e in m.events:
        if e.get("got") is None or commanded(e):
            continue
        if e["got"] not in ("away", "lost"):
            tries.pop(e["who"], None)
            continue
        if any(f["call"] <= e["end"] and e["call"] <= f["end"] for f in faults):
            tries.pop(e["who"], None)
            continue
        tries.setdefault(e["who"], []).append(e["n"])
        if len(tries[e["who"]]) == TRIES:
            yield f"{e['who']} was sent away {TRIES} times after the last fault", *tries[e["who"]]


def keys_are_there_without_the_database(m):
    faults = sorted(m.of["fault"], key=lambda f: f["call"])
    hurt = [f for f in faults if f["fault"] not in OF_DATABASE]
    for e in m.of["jwks"]:
        if e["got"] in ("ok", "refused"):
            continue
        if any(f["call"] <= e["end"] and e["call"] <= f["end"] + RECOVERY_S for f in hurt):
            continue
        yield f"the key set was {e['got']} while only the database was away", e["n"]


RULES = (no_answer_is_wrong, every_request_is_answered, nothing_fails_without_a_fault, service_returns,
         keys_are_there_without_the_database)
