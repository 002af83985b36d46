"""The person's own pages with a real browser: the first password, another one, and what the pages look like."""
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_portal_pages import axe, violations  # noqa: F401

NAME = "Đặng Hoàng Kim Ngân"


def wait(driver, condition):
    return WebDriverWait(driver, 60).until(condition)


def one(driver, selector):
    return wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, selector))[0]


def fill(driver, **fields):
    for name, value in fields.items():
        element = one(driver, f"input[name={name}]")
        element.clear()
        element.send_keys(value)


def press(driver, text):
    page = driver.find_element(By.TAG_NAME, "html")
    next(b for b in driver.find_elements(By.CSS_SELECTOR, "main button") if b.text.startswith(text)).click()
    wait(driver, lambda d: d.find_element(By.TAG_NAME, "html") != page)


@pytest.mark.parametrize("language,width,scheme,words", [
    ("vi", 360, "light", {"next": "Tiếp tục", "set": "Đặt mật khẩu", "change": "Đổi mật khẩu", "short": "ít nhất 15",
                          "done": "Mật khẩu đã được đặt", "changed": "Mật khẩu đã được đổi",
                          "withdraw": "Rút lại", "withdrawn": "Đã rút lại"}),
    ("en", 1280, "dark", {"next": "Continue", "set": "Set password", "change": "Change password",
                          "short": "at least 15", "done": "Your password is set",
                          "changed": "Your password is changed", "withdraw": "Withdraw",
                          "withdrawn": "is withdrawn"}),
])
def test_a_first_password_is_set_and_changed(service, chromium, axe, picture, register,  # noqa: F811
                                             language, width, scheme, words):
    number = f"00117000{width:04d}"
    service.ctl("identity", "add", "--personal-number", number, "--name", NAME, "--birthdate", "1970-05-01", "--sex",
                "female", "--level", "2", "--ground", "test")
    code = service.ctl("identity", "code", "--personal-number", number)["code"]
    driver = chromium(language)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    found = []

    def look(name):
        """A picture of the whole page, and what axe-core says of it; nothing scrolls sideways, at 200 % neither."""
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})
        for zoom in ("200%", ""):
            driver.execute_script("document.documentElement.style.fontSize = arguments[0]", zoom)
            if zoom == "" or width > 1000:
                over = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
                assert over <= 0, f"{name} scrolls sideways"
        assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
        assert len(driver.find_elements(By.TAG_NAME, "h1")) == 1
        found.extend(f"{name}: {text}" for text in violations(driver, axe))
        height = driver.execute_script("return document.documentElement.scrollHeight")
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        picture(driver, f"account-{name}-{language}-{width}")

    driver.get(service.issuer + "/account/first")
    look("first")
    fill(driver, username=number, code="0000-0000-0000-0000")
    press(driver, words["next"])
    assert one(driver, "[role=alert]").is_displayed()
    look("first-wrong")
    assert one(driver, "input[name=username]").get_attribute("value") == number
    fill(driver, code=code)
    press(driver, words["next"])
    look("first-password")
    fill(driver, password="ngắn quá", again="ngắn quá")
    press(driver, words["set"])
    assert words["short"] in one(driver, "[role=alert]").text
    look("first-refused")
    assert one(driver, "input[name=password]").get_attribute("value") == ""
    fill(driver, password="ba con mèo gặm bánh xèo", again="ba con mèo gặm bánh xèo")
    press(driver, words["set"])
    assert words["done"] in one(driver, "[role=status]").text
    assert NAME in one(driver, "h1").text
    assert number not in driver.page_source and number not in driver.current_url
    look("new")

    class Somebody:
        pass
    Somebody.number, Somebody.password = number, "ba con mèo gặm bánh xèo"
    client = register(service, "seen", client_name="Đăng ký cư trú", agency="Công an phường (mẫu)")
    client.log_in(Somebody, scope="openid profile email offline_access")
    driver.get(service.issuer + "/account")
    look("full")
    press(driver, words["withdraw"])
    assert words["withdrawn"] in one(driver, "[role=status]").text
    one(driver, "a[href='/account/password']").click()
    look("password")
    fill(driver, current="sai mật khẩu", password="ốc luộc lá chanh vỉa hè", again="ốc luộc lá chanh vỉa hè")
    press(driver, words["change"])
    assert one(driver, "[role=alert]").is_displayed()
    look("password-wrong")
    fill(driver, current=Somebody.password, password="ốc luộc lá chanh vỉa hè", again="ốc luộc lá chanh vỉa hè")
    press(driver, words["change"])
    assert words["changed"] in one(driver, "[role=status]").text
    driver.delete_all_cookies()
    driver.get(service.issuer + "/account")
    look("login")
    fill(driver, username=number, password="ốc luộc lá chanh vỉa hè")
    one(driver, "form button[type=submit]").click()
    wait(driver, lambda d: d.current_url == service.issuer + "/account")
    assert not found, "\n".join(found)
