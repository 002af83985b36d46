"""Promise 4: whoever keeps to the published maximum age verifies every token through every planned rotation; a revoked
key signs nothing more, is published no more, and its tokens are refused at once by us."""
TOLD_S = 2  # signers and web processes of all nodes hear of a revocation within a second (docs/keys.md)


def heard(m, k):
    """When every node knows what this event did: nobody can hear while the database is away."""
    at = k["end"] + TOLD_S
    for fault in sorted(m.of["fault"], key=lambda f: f["call"]):
        if fault["call"] < at and fault["end"] + fault.get("settled", 0) > k["call"]:
            at = max(at, fault["end"] + fault.get("settled", 0) + TOLD_S)
    return at


def tokens_verify_with_keys_in_their_age(m):
    fetches = {e["n"]: e for e in m.of["jwks"]}
    emergencies = [(k["call"], heard(m, k)) for k in m.of["revoke_key"]]
    for e in m.of["verify"]:
        fetch = fetches[e["jwks"]]
        if e["verdict"] == "ok" or any(call < e["end"] and fetch["call"] < known for call, known in emergencies) or \
                m.stepped(fetch["call"] - fetch["max_age"], e["end"]):
            continue
        yield f"a token did not verify: {e['verdict']}", fetch["n"], e["n"]


def revocations(m):
    return [(k["kid"], heard(m, k), k) for k in m.of["revoke_key"] if k["got"] == "ok"]


def a_revoked_key_signs_nothing(m):
    for kid, heard, k in revocations(m):
        for e in m.of["refresh"] + m.of["redeem"]:
            if e["got"] == "ok" and e["kid"] == kid and e["call"] > heard:
                yield f"a token under the revoked key {kid}", k["n"], e["n"]


def a_revoked_key_is_not_published(m):
    for kid, heard, k in revocations(m):
        for e in m.of["jwks"]:
            if e["got"] == "ok" and kid in e["kids"] and e["call"] > heard:
                yield f"the revoked key {kid} is published", k["n"], e["n"]


def tokens_of_a_revoked_key_are_refused(m):
    for kid, heard, k in revocations(m):
        for e in m.of["introspect"] + m.of["userinfo"]:
            issue = m.issue_of.get(e["access"])
            good = e.get("active") if e["op"] == "introspect" else e["got"] == "ok"
            if issue and issue["kid"] == kid and good and e["call"] > heard:
                yield f"a token under the revoked key {kid} is good", k["n"], e["n"]


RULES = (tokens_verify_with_keys_in_their_age, a_revoked_key_signs_nothing, a_revoked_key_is_not_published,
         tokens_of_a_revoked_key_are_refused)
