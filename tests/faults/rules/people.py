"""Sessions and people: an acknowledged login stands until something ends it; what was ended or locked stays so."""
IDLE_S = 3600


def a_locked_person_cannot_log_in(m):
    for e in m.of["login"] + m.of["authorize"]:
        if e["got"] == "ok":
            lock = m.certainly_locked(e["person"], e)
            if lock:
                yield f"{e['op']} of a locked person", lock["n"], e["n"]


def the_right_password_is_taken(m):
    """A login in progress lives for minutes of the database's clock: a step of it may end one."""
    for e in m.of["login"]:
        if e["got"] == "refused" and not m.possibly_locked(e["person"], e) and not m.stepped(e["call"], e["end"]):
            yield f"the right password of {e['person']} was refused", e["n"]


def an_ended_session_is_dead(m):
    for e in m.of["authorize"]:
        if e["got"] != "ok" or "session" not in e:
            continue
        end = next((end for _, certain, end in m.session_ends[e["session"]] if certain <= e["call"]), None)
        if end:
            yield f"session {e['session']} gave a code after {end['op']}", end["n"], e["n"]


def an_acknowledged_session_lives(m):
    logins = {e["session"]: e for e in m.of["login"] if e["got"] == "ok"}
    for e in m.of["authorize"]:
        login = logins.get(e.get("session"))
        if e["got"] != "refused" or login is None or e.get("error") not in ("login_required", "login page"):
            continue
        ended = any(possible < e["end"] for possible, _, _ in m.session_ends[e["session"]])
        old = m.stepped(login["call"], e["end"]) or m.elapsed(login["call"], e["end"])[1] >= IDLE_S
        if not ended and not old and not m.possibly_locked(e["person"], e):
            yield f"session {e['session']} was forgotten", login["n"], e["n"]


RULES = (a_locked_person_cannot_log_in, the_right_password_is_taken, an_ended_session_is_dead,
         an_acknowledged_session_lives)
