"""The blocks of docs/high-availability.md: what the page says is what the script starts."""
import os
import re

from harness.postgres import ROOT

PAGE = os.path.join(ROOT, "docs", "high-availability.md")
FENCE = re.compile(r"^```\w+ (?:file=(?P<file>\S+)|(?P<kind>run-on-primary|run|example))$")
HOSTS = {"db1": "10.87.0.11", "db2": "10.87.0.12", "db3": "10.87.0.13"}


def blocks():
    """{file name: text}, [text of each block to run], [text of each to run on the primary]"""
    files, run, on_primary, into = {}, [], [], None
    with open(PAGE, encoding="utf-8") as page:
        for line in page:
            match = FENCE.match(line.rstrip())
            if into is None and match:
                into = []
                name, kind = match["file"], match["kind"]
            elif into is not None and line.rstrip() == "```":
                text = "".join(into)
                if name:
                    files[name] = text
                elif kind != "example":
                    (run if kind == "run" else on_primary).append(text)
                into = None
            elif into is not None:
                into.append(line)
    return files, run, on_primary


def of_host(text, host):
    """The paragraphs under `# this host`, which are db1's on the page, for another one."""
    out, this = [], False
    for line in text.splitlines(keepends=True):
        if line.strip() == "# this host":
            this = True
        elif not line.strip():
            this = False
        elif this:
            line = re.sub(r"\bdb1\b", host, line.replace(HOSTS["db1"], HOSTS[host]))
        out.append(line)
    return "".join(out)


def moved(text, places):
    """Production's paths, replaced by the run's.  The longest first, or one would spoil another."""
    for there in sorted(places, key=len, reverse=True):
        text = text.replace(there, places[there])
    return text
