"""Every acknowledged act stands in the audit once; what nobody acknowledged, at most once for each try."""
from collections import Counter, defaultdict

UNKNOWN = ("lost", "away", "late", "bad")


def counts(m, events, key):
    """key of event: how often it certainly, and at most, happened."""
    least, most = Counter(), Counter()
    for e in events:
        k = key(e)
        if k is None:
            continue
        if e["got"] == "ok":
            least[k] += 1
            most[k] += 1
        elif e["got"] in UNKNOWN:
            most[k] += 1
    return least, most


def grant(m, e):
    family = m.family_of.get(e.get("token")) or m.families.get(e.get("code"))
    return family and family.grant


def compared(m, name, written, least, most):
    for k in set(written) | set(least):
        if written[k] < least[k]:
            yield f"{name} of {k}: {least[k]} acknowledged, {written[k]} in the audit", *[]
        elif written[k] > most[k]:
            yield f"{name} of {k}: {most[k]} tried at most, {written[k]} in the audit", *[]


def rows(m, event, key):
    return Counter(r[key] for a in m.of["audit"] for r in a["rows"] if r["event"] == event and r["outcome"] == "ok"
                   and r[key] is not None)


def no_audit_entry_is_missing_or_doubled(m):
    if not m.of["audit"]:
        return
    known = {f.grant for f in m.families.values() if f.grant}
    for name, op in (("token.code", "redeem"), ("token.refresh", "refresh")):
        least, most = counts(m, m.of[op], lambda e: grant(m, e))
        written = Counter({k: n for k, n in rows(m, name, "grant").items() if k in known})
        yield from compared(m, name, written, least, most)
    least, most = counts(m, m.of["login"], lambda e: e["person"])
    yield from compared(m, "login", rows(m, "login", "person"), least, most)
    # A code that nobody received was granted all the same: pages that lead to one count as tries.
    least, most = counts(m, m.of["authorize"], lambda e: e["person"])
    for e in m.of["page"] + m.of["login"]:
        if e["got"] in UNKNOWN:
            most[e["person"]] += 1
    yield from compared(m, "grant.issued", rows(m, "grant.issued", "person"), least, most)
    least, most = counts(m, m.of["lock"], lambda e: e["person"])
    yield from compared(m, "identity.locked", rows(m, "identity.locked", "person"), least, most)
    least, most = counts(m, m.of["unlock"], lambda e: e["person"])
    yield from compared(m, "identity.unlocked", rows(m, "identity.unlocked", "person"), least, most)


def a_revocation_is_audited(m):
    if not m.of["audit"]:
        return
    written = rows(m, "grant.revoked", "grant")
    for e in m.of["revoke"]:
        family = m.family_of.get(e["token"])
        if e["got"] == "ok" and family and family.grant and not m.possibly_ended(family, e) and \
                written[family.grant] == 0:
            yield f"the revocation of grant {family.grant} is not in the audit", e["n"]


def one_act_is_written_once(m):
    seen = defaultdict(int)
    for a in m.of["audit"]:
        for r in a["rows"]:
            if r["event"] in ("token.code", "token.refresh", "login", "grant.issued", "grant.revoked"):
                seen[(r["request"], r["event"], r["outcome"], r["grant"])] += 1
    for (request, event, _, _), n in seen.items():
        if n > 1:
            yield f"{event} of request {request} stands {n} times in the audit", *[]


RULES = (no_audit_entry_is_missing_or_doubled, a_revocation_is_audited, one_act_is_written_once)
