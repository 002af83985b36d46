"""A browser without JavaScript: follows redirects, keeps cookies, fills in forms.  It stops at a redirect that
leaves the provider, which is how an authorization ends."""
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests


class Form:
    def __init__(self, action, method):
        self.action, self.method = action, method
        self.inputs = []   # dictionaries of attributes
        self.buttons = []  # (name, value)

    def names(self):
        return [i.get("name") for i in self.inputs]

    def has_type(self, kind):
        return any(i.get("type") == kind for i in self.inputs)

    def hidden(self):
        return {i["name"]: i.get("value") or "" for i in self.inputs
                if i.get("name") and i.get("type") == "hidden"}

    def button(self, value):
        for name, have in self.buttons:
            if have == value:
                return name
        return None


class Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append(Form(a.get("action"), (a.get("method") or "get").lower()))
        elif self.forms and tag == "input" and a.get("type") != "submit":
            self.forms[-1].inputs.append(a)
        elif self.forms and tag in ("button", "input"):
            self.forms[-1].buttons.append((a.get("name"), a.get("value")))


class Left(Exception):
    """The provider sent the browser elsewhere."""

    def __init__(self, url, response):
        super().__init__(url)
        self.url, self.response = url, response
        parts = urlsplit(url)
        self.base = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self.parameters = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        self.repeated = [k for k, v in parse_qs(parts.query).items() if len(v) > 1]


class Page:
    def __init__(self, response):
        self.response = response
        self.url, self.status, self.text = response.url, response.status_code, response.text
        parser = Forms()
        parser.feed(self.text)
        self.forms = parser.forms

    @property
    def kind(self):
        for form in self.forms:
            if form.has_type("password"):
                return "login"
            if form.button("allow") is not None:
                return "consent"
            if form.button("continue") is not None and form.button("other") is not None:
                return "select"
            if form.button("logout") is not None:
                return "logout"
        return "other"

    def form(self, kind=None):
        for form in self.forms:
            if kind == "login" and form.has_type("password"):
                return form
            if kind == "consent" and form.button("allow") is not None:
                return form
            if kind == "select" and form.button("continue") is not None:
                return form
            if kind == "logout" and form.button("logout") is not None:
                return form
        return self.forms[0]


class Browser:
    def __init__(self, issuer, ca_file=None, language="vi"):
        self.issuer = issuer
        self.session = requests.Session()
        self.session.verify = ca_file or True
        self.session.trust_env = False
        self.session.headers["Accept-Language"] = language
        self.seen = []  # every response, for header checks

    def _follow(self, response):
        for _ in range(20):
            self.seen.append(response)
            if response.status_code not in (301, 302, 303, 307, 308):
                return Page(response)
            url = urljoin(response.url, response.headers["Location"])
            if not url.startswith(self.issuer + "/"):
                raise Left(url, response)
            assert response.status_code == 303, "spec: RFC 9700 §4.12 (303 after a POST)"
            response = self.session.get(url, allow_redirects=False, timeout=60)
        raise AssertionError("too many redirects")

    def open(self, url, **other):
        return self._follow(self.session.get(url, allow_redirects=False, timeout=60, **other))

    def post(self, url, fields, **other):
        return self._follow(self.session.post(url, data=fields, allow_redirects=False, timeout=60, **other))

    def submit(self, page, form, fields, **other):
        data = dict(form.hidden(), **fields)
        url = urljoin(page.url, form.action or page.url)
        if form.method == "post":
            other.setdefault("headers", {"Origin": self.issuer})
            return self.post(url, data, **other)
        return self.open(url, params=data)

    def log_in(self, page, number, password):
        form = page.form("login")
        text = next(i["name"] for i in form.inputs if i.get("type") in (None, "text", "tel"))
        secret = next(i["name"] for i in form.inputs if i.get("type") == "password")
        return self.submit(page, form, {text: number, secret: password})

    def press(self, page, kind, value):
        form = page.form(kind)
        return self.submit(page, form, {form.button(value): value})

    def finish(self, page, person, consent="allow", select="continue"):
        """Answers whatever is asked until the provider sends us back; returns Left."""
        try:
            for _ in range(6):
                if page.kind == "login":
                    page = self.log_in(page, person.number, person.password)
                elif page.kind == "consent":
                    page = self.press(page, "consent", consent)
                elif page.kind == "select":
                    page = self.press(page, "select", select)
                else:
                    break
        except Left as left:
            return left
        raise AssertionError(f"stuck at {page.url} ({page.status}):\n{page.text[:1500]}")
