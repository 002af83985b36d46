"""The checker: decides from a history alone whether authd kept its promises."""
from faults.rules import audit, keys, people, service, tokens
from faults.rules.model import Model


def check(events, lifetimes):
    """Every violation found, as (rule, sentence, numbers of the events that show it)."""
    model = Model(events, lifetimes)
    found = []
    for rules in (service, tokens, people, keys, audit):
        for rule in rules.RULES:
            for sentence, *numbers in rule(model):
                found.append((rule.__name__, sentence, numbers))
    return found
