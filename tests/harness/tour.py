"""Every page of authd a person can meet, one after another, in a real browser."""
import base64
from urllib.parse import quote

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from harness.oidc import Attempt
from harness.picture import png
from harness.world import new_client

VOLUNTARY = '{"userinfo":{"phone_number":{"essential":false}}}'


def portal(service):
    """A client with everything a page can show."""
    return new_client(
        service, "portal", **{
            "client_name": "Lâm Đồng public service portal",
            "client_name#vi": "Cổng dịch vụ công tỉnh Lâm Đồng",
            "agency": "People's Committee of Lâm Đồng province",
            "agency#vi": "Ủy ban nhân dân tỉnh Lâm Đồng",
            "purpose": "Registering a birth online and receiving the certificate",
            "purpose#vi": "Nộp hồ sơ đăng ký khai sinh trực tuyến và nhận kết quả",
            "client_uri": "https://portal.example/", "policy_uri": "https://portal.example/privacy",
            "tos_uri": "https://portal.example/terms",
            "logo": base64.b64encode(png(96, 96, (138, 97, 22))).decode(),
            "scope": "openid profile email phone address offline_access personal_number",
            "required_claims": ["name", "urn:authd:personal_number"],
            "claim_purposes": {"urn:authd:personal_number": "To find your file in the civil register",
                               "email": "To tell you when the certificate is ready"},
            "claim_purposes#vi": {"urn:authd:personal_number": "Tìm hồ sơ của bạn trong sổ hộ tịch",
                                  "email": "Báo cho bạn khi có kết quả"}})


def exempt(service):
    return new_client(service, "registry", **{
        "client_name": "Civil status register", "client_name#vi": "Cơ sở dữ liệu hộ tịch điện tử",
        "consent_exempt": True, "legal_ground": "Nghị định 69/2024/NĐ-CP, Điều 20"})


def leave(driver, act):
    """Does what leads to another page, and waits until that page is there."""
    # A mark that goes with the old document.  While one document takes the other's place the browser may
    # answer with errors of its own; the next question tells.
    driver.execute_script("window.leftBehind = true")
    act()
    WebDriverWait(driver, 60, ignored_exceptions=[WebDriverException]).until(
        lambda d: d.execute_script("return !window.leftBehind && document.readyState === 'complete'"))


def type_in(driver, number, password):
    field = driver.find_element(By.ID, "username")
    field.clear()
    field.send_keys(number)
    driver.find_element(By.ID, "password").send_keys(password)
    press(driver, "form button[type=submit]")


def press(driver, selector):
    leave(driver, driver.find_element(By.CSS_SELECTOR, selector).click)


class Tour:
    """visit(name) is called on each page.  The browser starts and ends logged out."""

    def __init__(self, service, driver, language):
        self.service, self.driver, self.language = service, driver, language
        self.client = service.portal
        self.exempt = service.exempt

    def open(self, path):
        self.driver.get(self.service.issuer + path)

    def url(self, client=None, **over):
        over.setdefault("scope", "openid profile email offline_access personal_number")
        return (client or self.client).url(Attempt(), **over)

    def _forget(self):
        """Another browser, as far as authd can tell."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.open(f"/language/{self.language}?back=/")

    def walk(self, visit):
        driver, an = self.driver, self.service.an
        self._forget()
        visit("home")
        self.open("/safety")
        visit("safety")
        self._errors(visit)
        if self.service.options["development"].get("sandbox"):
            self.open("/sandbox")
            visit("sandbox")
        driver.get(self.url(self.exempt, scope="openid profile"))
        visit("login_exempt")
        driver.get(self.url(prompt="consent", claims=VOLUNTARY))
        visit("login")
        mark = driver.current_url
        type_in(driver, an.number, "không phải mật khẩu")
        visit("login_wrong")
        type_in(driver, self.service.cuong.number, self.service.cuong.password)
        visit("login_barred")
        driver.get(mark)
        type_in(driver, an.number, an.password)
        visit("consent")
        press(driver, "a[href$='choose=yes']")
        visit("consent_choose")
        driver.get(self.url(prompt="login"))
        visit("login_again")
        driver.get(self.url(prompt="select_account"))
        visit("select")
        self.open("/")
        visit("home_logged_in")
        self.open("/logout?client_id=" + self.client.id)
        visit("logout")
        press(driver, "button[value=logout]")
        visit("logged_out")

    def _errors(self, visit):
        driver = self.driver
        for name, path in (("error_client", "/authorize?client_id=nobody"),
                           ("error_redirect_uri", f"/authorize?client_id={self.client.id}&response_type=code"
                                                  "&redirect_uri=" + quote("https://elsewhere.example/")),
                           ("error_request", "/authorize?client_id=%zz"),
                           ("error_disabled", f"/authorize?client_id={self.service.disabled.id}"),
                           ("error_cookies", "/login/" + "A" * 46),
                           ("error_not_found", "/nowhere"), ("error_method", "/cancel/x"),
                           ("error_logout", "/logout?post_logout_redirect_uri=https://elsewhere.example/")):
            self.open(path)
            visit(name)
        self.open("/")
        leave(driver, lambda: driver.execute_script("""
            const form = document.createElement('form'), field = document.createElement('input');
            form.method = 'post'; form.action = '/cancel/x'; field.name = 'x'; field.value = 'x'.repeat(9999);
            form.append(field); document.body.append(form); form.submit();"""))
        visit("error_too_large")
        driver.get(self.url())
        mark = driver.current_url
        self.open("/login/" + "A" * 46)
        visit("error_login_over")
        driver.get(mark)
        driver.execute_script("document.querySelector('input[name=csrf]').value = 'x'")
        type_in(driver, "001090004821", "x")
        visit("error_form")
        self._forget()
        driver.get(self.url())
        self.open(mark[len(self.service.issuer):])
        visit("error_other_browser")
        self._forget()


def prepare(service):
    """Clients and people the tour needs."""
    service.portal, service.exempt = portal(service), exempt(service)
    service.disabled = new_client(service, "closed", **{"client_name": "Former portal",
                                                        "client_name#vi": "Cổng dịch vụ cũ"})
    service.ctl_text("--yes", "client", "disable", service.disabled.id)
    service.identity("lock", service.cuong)
    return service
