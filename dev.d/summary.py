"""Adds up JUnit reports: names what failed and why, then one last line "N passed, N failed".

A report that was expected and is missing counts as one failure; so does a run in which nothing passed,
unless --some says that a selection ran, of which some reports may be empty.
"""
import os
import sys
import xml.etree.ElementTree as ET


WHY_LINES = 12


def why(case):
    """The last lines that tell the cause: pytest marks them with E, a C test's are in its output."""
    told = [part for part in (case.find("failure"), case.find("error")) if part is not None]
    text = "\n".join((part.text or part.get("message") or "") for part in told)
    logged = [line for line in text.splitlines() if line.startswith("E   log: ")]
    marked = [line for line in text.splitlines() if line.startswith("E ") and line not in logged]
    if marked:  # the place stands in a line of its own, behind all of its cause
        places = [line for line in text.rstrip().splitlines() if line not in logged]
        return marked[:WHY_LINES] + places[-1:] + logged
    if not text.strip():
        text = case.findtext("system-out") or ""
    said = [line for line in text.splitlines() if "[  FAILED" in line or "[  ERROR" in line or "ERROR: " in line]
    return (said or text.rstrip().splitlines())[-WHY_LINES:]


def cases(path):
    for case in ET.parse(path).getroot().iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        bad = bad or case.get("status") == "fail"
        skipped = case.find("skipped") is not None or case.get("status") in ("disabled", "notrun")
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        yield name, "failed" if bad else "skipped" if skipped else "passed", why(case) if bad else []


def main(arguments):
    some = "--some" in arguments
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for path in (a for a in arguments if a != "--some"):
        label = os.path.basename(path).removesuffix(".xml")
        seen = 0
        try:
            for name, outcome, cause in cases(path):
                seen += 1
                count[outcome] += 1
                if outcome != "passed":
                    print(f"  {outcome:<12} {label}: {name}")
                for line in cause:
                    print(f"  {'':<12} | {line[:200]}")
        except (OSError, ET.ParseError) as error:
            print(f"  {'failed':<12} {label}: no report ({error})")
            count["failed"] += 1
            continue
        if seen == 0 and not some:
            print(f"  {'failed':<12} {label}: nothing ran")
            count["failed"] += 1
    if count["passed"] == 0:
        count["failed"] = max(count["failed"], 1)
    if count["failed"]:
        print(f"  {'details':<12} {os.path.dirname(path)}/*.log")
    if count["skipped"]:
        print(f"  {'skipped':<12} {count['skipped']}")
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
