"""What can be known from outside: which secret came from which, and what had certainly, or possibly, happened before a
request was sent or answered.

An act is *certain* before a moment when its acknowledgement was read before it, and *possible* as soon as its first
byte was sent, whatever came of it.  Time that lifetimes are counted in is the database's: the clients' clock plus the
steps of the database's clock that stand in the history.  Must not read anything of authd's."""
from collections import defaultdict

OK_OR_UNKNOWN = ("ok", "lost", "late", "away", "bad")
FOREVER = float("inf")
HEARD_S = 6  # every process reads the database's clock each five seconds (authd/store/pg.h)


class Family:
    """A code and all that came of it."""

    def __init__(self, code, event):
        self.code, self.born = code, event
        self.person, self.session = event["person"], event.get("session")
        self.offline, self.client = event["offline"], event["portal"]
        self.grant = None
        self.ends = []  # (possible from, certain from, why)


class Model:
    def __init__(self, events, lifetimes):
        self.events, self.life = events, lifetimes
        self.of = defaultdict(list)
        for event in events:
            self.of[event["op"]].append(event)
        self.steps = [(e["call"], e["end"], e["offset"]) for e in self.of["clock"]]
        self._families()
        self._attempts()
        self._locks()
        self._ends()

    # -- clocks --------------------------------------------------------------------------------

    def _offsets(self, at):
        """What the database's clock may be off at a moment."""
        offset, possible = 0, None
        for call, end, to in self.steps:
            if end <= at:
                offset = to
            elif call <= at:
                possible = to
        return {offset} if possible is None else {offset, possible}

    def elapsed(self, first, second):
        """Least and most seconds the database counts between two moments."""
        a, b = self._offsets(first), self._offsets(second)
        return second - first + min(b) - max(a), second - first + max(b) - min(a)

    def stepped(self, first, second):
        """Was the database's clock set between two moments, or so shortly before that not every process had heard?"""
        return any(call <= second and end + HEARD_S >= first for call, end, _ in self.steps)

    # -- what came from what ---------------------------------------------------------------------

    def _families(self):
        self.families, self.family_of = {}, {}
        self.issue_of = {}       # token: the event whose answer brought it
        self.successors = defaultdict(list)  # refresh token: those that replaced it
        self.parent = {}
        for e in self.events:
            if e["op"] == "authorize" and e["got"] == "ok":
                self.families[e["code"]] = Family(e["code"], e)
            elif e["op"] in ("redeem", "refresh") and e["got"] == "ok":
                family = self.families.get(e["code"]) if e["op"] == "redeem" else self.family_of.get(e["token"])
                if family is None:
                    continue  # rules.tokens speaks of it
                family.grant = family.grant or e["grant"]
                self.family_of[e["access"]] = family
                self.issue_of[e["access"]] = e
                if "successor" in e:
                    self.family_of[e["successor"]] = family
                    self.issue_of[e["successor"]] = e
                    if e["op"] == "refresh":
                        self.successors[e["token"]].append(e["successor"])
                        self.parent[e["successor"]] = e["token"]

    def _attempts(self):
        self.uses = defaultdict(list)  # code or refresh token: redeem and refresh events
        for e in self.of["redeem"]:
            self.uses[e["code"]].append(e)
        for e in self.of["refresh"]:
            self.uses[e["token"]].append(e)

    # -- refresh tokens: DESIGN.md section 7 -----------------------------------------------------

    def replaced_by(self, token):
        """Tokens whose use ends this one: its successors, and its siblings."""
        siblings = [s for s in self.successors.get(self.parent.get(token), []) if s != token]
        return self.successors.get(token, []) + siblings

    def possibly_used_up(self, token, event):
        """Before the event was answered."""
        end = event["end"]
        if any(u["call"] < end and u["got"] in OK_OR_UNKNOWN for other in self.replaced_by(token)
               for u in self.uses[other]):
            return True
        first = min((u["call"] for u in self.uses[token] if u is not event and u["got"] in OK_OR_UNKNOWN),
                    default=None)
        return first is not None and first < end and self.elapsed(first, end)[1] >= self.life["refresh_grace_s"]

    def certainly_used_up(self, token, event):
        """Before the event was sent: the event that shows it, or None."""
        for other in self.replaced_by(token):
            for u in self.uses[other]:
                if u["got"] == "ok" and u["end"] <= event["call"]:
                    return u
        for u in self.uses[token]:
            if u["end"] <= event["call"] and u["got"] == "ok" and \
                    self.elapsed(u["end"], event["call"])[0] > self.life["refresh_grace_s"] + 1:
                return u
        return None

    # -- locks -----------------------------------------------------------------------------------

    def _locks(self):
        self.locks = defaultdict(list)  # person: [possible from, certain from, certain until, possible until, event]
        for e in sorted(self.of["lock"] + self.of["unlock"], key=lambda e: e["call"]):
            spans = self.locks[e["person"]]
            if e["op"] == "lock" and e["got"] != "refused":
                if not spans or spans[-1][3] != FOREVER:
                    spans.append([e["call"], FOREVER, FOREVER, FOREVER, e])
                if e["got"] == "ok":
                    spans[-1][1] = min(spans[-1][1], e["end"])
            elif e["op"] == "unlock" and spans and e["got"] != "refused":
                spans[-1][2] = min(spans[-1][2], e["call"])
                if e["got"] == "ok":
                    spans[-1][3] = e["end"]

    def possibly_locked(self, person, event):
        return any(a < event["end"] and event["call"] < d for a, _, _, d, _ in self.locks[person])

    def certainly_locked(self, person, event):
        return next((e for _, b, c, _, e in self.locks[person] if b <= event["call"] and event["end"] <= c), None)

    # -- ends --------------------------------------------------------------------------------------

    def _ends(self):
        for e in self.of["revoke"]:
            family = self.family_of.get(e["token"])
            if family and e["got"] in OK_OR_UNKNOWN:
                family.ends.append((e["call"], e["end"] if e["got"] == "ok" else FOREVER, e))
        for family in self.families.values():
            self._end_with_person(family)
            for token in [t for t, f in self.family_of.items() if f is family and t in self.uses] + [family.code]:
                self._end_by_reuse(family, token)
        self.session_ends = defaultdict(list)
        logins = {e["session"]: e for e in self.of["login"] if e["got"] == "ok"}
        for session, login in logins.items():
            for e in self.of["logout"] + self.of["sessions"] + self.of["lock"]:
                if e["got"] not in OK_OR_UNKNOWN:
                    continue
                if e["op"] == "logout":
                    if e["session"] == session:
                        self.session_ends[session].append(
                            (e["call"], e["end"] if e["got"] == "ok" else FOREVER, e))
                elif e["person"] == login["person"] and login["call"] < e["end"]:
                    certain = e["got"] == "ok" and login["end"] <= e["call"]
                    self.session_ends[session].append((e["call"], e["end"] if certain else FOREVER, e))
        for family in self.families.values():
            if not family.offline:
                family.ends += self.session_ends[family.session]

    def _end_with_person(self, family):
        for possible, certain, _, _, e in self.locks[family.person]:
            if family.born["call"] < certain:
                known = family.born["end"] <= possible
                family.ends.append((possible, certain if known else FOREVER, e))

    def _end_by_reuse(self, family, token):
        for e in self.uses[token]:
            if token == family.code:
                others = [u for u in self.uses[token] if u is not e]
                possible = any(u["call"] < e["end"] and u["got"] in OK_OR_UNKNOWN for u in others)
                certain = any(u["end"] <= e["call"] and u["got"] == "ok" for u in others)
            else:
                possible = self.possibly_used_up(token, e)
                certain = self.certainly_used_up(token, e) is not None
            if possible or certain:
                sure = certain and e["got"] == "refused" and e.get("error") == "invalid_grant"
                family.ends.append((e["call"], e["end"] if sure else FOREVER, e))

    def possibly_ended(self, family, event):
        return any(possible < event["end"] and e is not event for possible, _, e in family.ends)

    def certainly_ended(self, family, event):
        return next((e for _, certain, e in family.ends if certain <= event["call"]), None)
