"""The person's own pages with a real browser: the first password, another one, and what the pages look like."""
import json
import shlex
import subprocess

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

NUMBER, NAME = "001170000771", "Đặng Hoàng Kim Ngân"


def ctl(env, *arguments):
    done = subprocess.run([*shlex.split(env["AUTHCTL"]), "--json", *arguments], check=True, capture_output=True,
                          text=True, timeout=60)
    return json.loads(done.stdout)


def wait(driver, condition):
    return WebDriverWait(driver, 20).until(condition)


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


def fits(driver):
    """No sideways scrolling."""
    return driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("language,width,words", [
    ("vi", 360, {"next": "Tiếp tục", "set": "Đặt mật khẩu", "change": "Đổi mật khẩu", "short": "ít nhất 15",
                 "done": "Mật khẩu đã được đặt", "changed": "Mật khẩu đã được đổi"}),
    ("en", 1280, {"next": "Continue", "set": "Set password", "change": "Change password", "short": "at least 15",
                  "done": "Your password is set", "changed": "Your password is changed"}),
])
def test_a_first_password_is_set_and_changed(sandbox, chromium, picture, language, width, words):
    env = sandbox.env
    number = NUMBER[:-1] + str(width % 7)
    ctl(env, "identity", "add", "--personal-number", number, "--name", NAME, "--birthdate", "1970-05-01", "--sex",
        "female", "--level", "2", "--ground", "test")
    code = ctl(env, "identity", "code", "--personal-number", number)["code"]
    driver = chromium(language, width)
    # narrower than a window can be
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": False})
    driver.get(env["OP_ISSUER"] + "/account/first")
    picture(driver, f"account-first-{language}")
    assert fits(driver)
    fill(driver, username=number, code="0000-0000-0000-0000")
    press(driver, words["next"])
    assert one(driver, "[role=alert]").is_displayed()
    picture(driver, f"account-first-wrong-{language}")
    assert one(driver, "input[name=username]").get_attribute("value") == number
    fill(driver, code=code)
    press(driver, words["next"])
    picture(driver, f"account-first-password-{language}")
    assert fits(driver)
    fill(driver, password="ngắn quá", again="ngắn quá")
    press(driver, words["set"])
    assert words["short"] in one(driver, "[role=alert]").text
    picture(driver, f"account-first-refused-{language}")
    assert one(driver, "input[name=password]").get_attribute("value") == ""
    fill(driver, password="ba con mèo gặm bánh xèo", again="ba con mèo gặm bánh xèo")
    press(driver, words["set"])
    assert words["done"] in one(driver, "[role=status]").text
    assert NAME in one(driver, "h1").text
    assert number not in driver.page_source and number not in driver.current_url
    picture(driver, f"account-{language}")
    assert fits(driver)
    one(driver, "a[href='/account/password']").click()
    picture(driver, f"account-password-{language}")
    assert fits(driver)
    fill(driver, current="ba con mèo gặm bánh xèo", password="ốc luộc lá chanh vỉa hè",
         again="ốc luộc lá chanh vỉa hè")
    press(driver, words["change"])
    assert words["changed"] in one(driver, "[role=status]").text
    driver.delete_all_cookies()
    driver.get(env["OP_ISSUER"] + "/account")
    picture(driver, f"account-login-{language}")
    fill(driver, username=number, password="ốc luộc lá chanh vỉa hè")
    one(driver, "form button[type=submit]").click()
    wait(driver, lambda d: d.current_url == env["OP_ISSUER"] + "/account")
