"""A person on the own pages: logged in without any service, changing the password."""
from urllib.parse import urlsplit

from harness.browser import Browser

GOOD = "con trâu đi qua cầu khỉ"
BETTER = "xe lam chở sầu riêng lên dốc"
LIMITED = {"development": {"login_throttle": True},
           "passwords": {"failures_per_account": 3, "failures_per_address": 50, "failure_window_s": 600}}


def browser_of(service, language="vi"):
    return Browser(service.issuer, service.ca_file, language)


def field(form, name):
    return next((i.get("value") for i in form.inputs if i.get("name") == name), None)


def at(page, action):
    return next(f for f in page.forms if f.action == action)


def enter(service, person, browser=None):
    """Logged in without any service, at /account."""
    browser = browser or browser_of(service)
    page = browser.open(service.issuer + "/account")
    page = browser.log_in(page, person.number, person.password)
    assert urlsplit(page.url).path == "/account", page.text
    return browser, page


def change(browser, service, current, password, again=None, others="end"):
    page = browser.open(service.issuer + "/account/password")
    return browser.submit(page, at(page, "/account/password"),
                          {"current": current, "password": password,
                           "again": password if again is None else again, "others": others})
