"""A short slice of `./dev fuzz faults` (tests/fuzz/faults): calls that fail by seed in a real authd.  Each seed found
something once."""
import os
import sys

import pytest
from harness.postgres import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "fuzz", "faults"))

from faults import Patient, Round  # noqa: E402

SEEDS = {0: "an allocation of the web process's JSON: the login was answered 500",
         13: "an allocation while a token was verified: it was called invalid, its logout refused",
         19: "libcrypto's copy of a context in the signer: a refresh was answered 500",
         1: "libpq in the web process"}


@pytest.fixture(scope="module")
def patient():
    made = Patient()
    yield made
    made.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_fails_is_refused_for_now_and_nothing_acknowledged_is_lost(patient, seed):
    Round(patient, seed).run()
