"""The catalogues against the code: each text is used, and whatever the code names exists."""
import glob
import os
import re

import pytest

from harness.postgres import ROOT

PAGE = os.path.join(ROOT, "authd", "page")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def catalogue(language):
    lines = [line.partition("=") for line in read(f"{PAGE}/texts_{language}.txt").splitlines()
             if line.strip() and not line.startswith("#")]
    return {key.strip(): text.strip() for key, _, text in lines}


TEMPLATES = "".join(read(path) for path in glob.glob(f"{PAGE}/templates/*.html"))
SOURCES = "".join(read(path) for path in glob.glob(f"{ROOT}/authd/**/*.c", recursive=True))


def named(key):
    """Is it in a template, or made of a name that stands in the sources as a literal?"""
    if "{{t:" + key + "}}" in TEMPLATES or f'"{key}"' in SOURCES:
        return True
    for head in re.findall(r"{{t:([a-z_.]+)\.\[", TEMPLATES):
        rest = key[len(head) + 1:]
        if key.startswith(head + ".") and re.search(rf'"(urn:authd:)?{re.escape(rest)}"', SOURCES):
            return True
    parts = key.split(".")
    return parts[0] == "error" and len(parts) == 3 and f'"{parts[1]}"' in SOURCES


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_text_is_used(language):
    assert not [key for key in catalogue(language) if not named(key)
                and not key.startswith("error.general.")]


def test_both_languages_have_the_same_keys_and_places():
    vi, en = catalogue("vi"), catalogue("en")
    assert set(vi) == set(en)
    for key, text in vi.items():
        assert sorted(re.findall(r"{[^}]*}", text)) == sorted(re.findall(r"{[^}]*}", en[key])), key


def test_every_error_says_what_happened_and_what_to_do():
    keys = set(catalogue("vi"))
    for name in {key.split(".")[1] for key in keys if key.startswith("error.") and key.count(".") == 2}:
        assert {f"error.{name}.{part}" for part in ("title", "text", "cure")} <= keys, name
    for name in re.findall(r'page_error(?:_back)?\([^;]*?"([a-z_]+)",\s+(?:STR_NONE|f\b|party_name)', SOURCES):
        assert f"error.{name}.title" in keys, name


def test_no_english_is_left_in_the_vietnamese_catalogue():
    vi, en = catalogue("vi"), catalogue("en")
    same = [key for key in vi if vi[key] == en[key] and key != "layout.other_language"]
    assert not same
    assert "�" not in "".join(vi.values())
