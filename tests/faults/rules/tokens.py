"""Codes, refresh tokens and access tokens: what was acknowledged works, what was consumed or ended does not.
DESIGN.md section 7, RFC 6749 sections 4.1.2 and 6, RFC 7662 section 2.2."""
MARGIN_S = 2  # a lifetime is counted in whole seconds on either side


def an_acknowledged_refresh_token_works(m):
    for e in m.of["refresh"]:
        if e["got"] != "refused":
            continue
        token, family = e["token"], m.family_of.get(e["token"])
        if family is None or m.possibly_used_up(token, e) or m.possibly_ended(family, e) or \
                m.possibly_locked(family.person, e):
            continue
        yield f"refresh token {token} was refused ({e.get('error')})", m.issue_of[token]["n"], e["n"]


def an_acknowledged_code_works(m):
    for e in m.of["redeem"]:
        if e["got"] != "refused" or e["code"] not in m.families:
            continue
        family = m.families[e["code"]]
        others = [u for u in m.uses[e["code"]] if u is not e and u["got"] != "refused" and u["call"] < e["end"]]
        old = m.elapsed(family.born["call"], e["end"])[1] >= m.life["code_s"] - MARGIN_S
        if others or old or m.stepped(family.born["call"], e["end"]) or m.possibly_ended(family, e) or \
                m.possibly_locked(family.person, e):
            continue
        yield f"code {e['code']} was refused ({e.get('error')})", family.born["n"], e["n"]


def a_code_works_once(m):
    for code in m.families:
        used = [u for u in m.uses[code] if u["got"] == "ok"]
        if len(used) > 1:
            yield f"code {code} gave tokens {len(used)} times", *[u["n"] for u in used]


def a_code_that_has_expired_is_dead(m):
    for e in m.of["redeem"]:
        family = m.families.get(e["code"])
        if e["got"] == "ok" and family and \
                m.elapsed(family.born["end"], e["call"])[0] > m.life["code_s"] + MARGIN_S:
            yield f"code {e['code']} worked after its life", family.born["n"], e["n"]


def a_replaced_refresh_token_is_dead(m):
    for e in m.of["refresh"]:
        if e["got"] == "ok":
            shown = m.certainly_used_up(e["token"], e)
            if shown:
                yield f"refresh token {e['token']} worked after its successor or its time", shown["n"], e["n"]


def one_successor_lives_on(m):
    for token, successors in m.successors.items():
        used = [u for s in successors for u in m.uses[s] if u["got"] == "ok"]
        if len({u["token"] for u in used}) > 1:
            yield f"two successors of {token} both worked", *[u["n"] for u in used]


def what_has_ended_stays_ended(m):
    """Revoked grants and tokens, families ended by reuse, grants of ended sessions and locked people."""
    for e in m.of["refresh"] + m.of["redeem"]:
        secret = e.get("token") or e.get("code")
        family = m.family_of.get(secret) or m.families.get(secret)
        if e["got"] == "ok" and family:
            why = m.certainly_ended(family, e) or m.certainly_locked(family.person, e)
            if why:
                yield f"{e['op']} worked after {why['op']}", why["n"], e["n"]
    for e in asked(m):
        family = m.family_of.get(e["access"])
        if is_good(e) and family:
            why = m.certainly_ended(family, e) or m.certainly_locked(family.person, e)
            if why:
                yield f"an access token was good at {e['op']} after {why['op']}", why["n"], e["n"]


def an_acknowledged_access_token_is_good(m):
    for e in asked(m):
        family, issue = m.family_of.get(e["access"]), m.issue_of.get(e["access"])
        if family is None or is_good(e) or (e["op"] == "introspect" and e["got"] != "ok"):
            continue
        old = m.elapsed(issue["call"], e["end"])[1] >= issue["lives"] - MARGIN_S
        revoked = any(k["kid"] == issue["kid"] and k["call"] < e["end"] for k in m.of["revoke_key"])
        if old or revoked or m.stepped(issue["call"], e["end"]) or m.possibly_ended(family, e) or \
                m.possibly_locked(family.person, e):
            continue
        yield f"access token {e['access']} was refused at {e['op']}", issue["n"], e["n"]


def an_access_token_that_has_expired_is_dead(m):
    """By the clock of the process that issued it, or was asked: after a step of the database's it may not have heard."""
    for e in asked(m):
        issue = m.issue_of.get(e["access"])
        if issue and is_good(e) and m.elapsed(issue["end"], e["call"])[0] > issue["lives"] + MARGIN_S and \
                not m.stepped(issue["call"], issue["end"]) and not m.stepped(e["call"], e["end"]):
            yield f"access token {e['access']} was good after its life", issue["n"], e["n"]


def tokens_come_from_what_we_know(m):
    """Nobody gets tokens for a secret that was never given out."""
    for e in m.of["refresh"] + m.of["redeem"]:
        secret = e.get("token") or e.get("code")
        if e["got"] == "ok" and secret not in m.family_of and secret not in m.families:
            yield f"{e['op']} worked with a secret nobody was given", e["n"]


def asked(m):
    return [e for e in m.of["introspect"] + m.of["userinfo"] if e["got"] in ("ok", "refused")]


def is_good(e):
    return e["active"] if e["op"] == "introspect" else e["got"] == "ok"


RULES = (an_acknowledged_refresh_token_works, an_acknowledged_code_works, a_code_works_once,
         a_code_that_has_expired_is_dead, a_replaced_refresh_token_is_dead, one_successor_lives_on,
         what_has_ended_stays_ended, an_acknowledged_access_token_is_good, an_access_token_that_has_expired_is_dead,
         tokens_come_from_what_we_know)
