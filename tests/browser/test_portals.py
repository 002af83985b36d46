"""People in front of the demo portals, with a real browser."""
import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


def wait(driver, condition):
    return WebDriverWait(driver, 60).until(condition)


def on(driver, url):
    wait(driver, lambda d: d.current_url.startswith(url))


def text(driver):
    """What stands on the page; a page that is just being replaced is read again."""
    return WebDriverWait(driver, 60, ignored_exceptions=(StaleElementReferenceException,)).until(
        lambda d: d.find_element(By.TAG_NAME, "body").text)


def press_login(driver):
    """The portal's login button: the first form or link that leads to its login."""
    driver.find_element(By.CSS_SELECTOR,
                        "form[action$='/login'] button, a[href$='/login'], a[href*='/login?']").click()


def press_logout(driver):
    driver.find_element(By.CSS_SELECTOR,
                        "form[action$='/logout'] button, a[href$='/logout'], a[href*='/logout?']").click()


def log_in(driver, env, user="OP_USER", password="OP_PASSWORD"):
    on(driver, env["OP_ISSUER"])
    field = driver.find_element(By.CSS_SELECTOR, "input[type=password]")
    name = field.find_element(By.XPATH, "ancestor::form").find_element(
        By.CSS_SELECTOR, "input:not([type=hidden]):not([type=password]):not([type=checkbox])")
    name.send_keys(env[user])
    field.send_keys(env[password])
    field.submit()


def allow(driver):
    button = wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "button[value=allow]"))
    button[0].click()


def agree_if_asked(driver, portal, issuer):
    wait(driver, lambda d: d.current_url.startswith(portal) or
         d.find_elements(By.CSS_SELECTOR, "button[value=allow]"))
    if driver.current_url.startswith(issuer + "/"):
        allow(driver)
    on(driver, portal)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_person_logs_in_at_a_portal_and_out_again(sandbox, chromium, picture, language):
    env, driver = sandbox.env, chromium(language)
    driver.get(env["PORTAL_URL"])
    assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang").startswith(language)
    picture(driver, f"portal-{language}")
    press_login(driver)
    on(driver, env["OP_ISSUER"])
    assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang").startswith(language)
    picture(driver, f"login-{language}")
    log_in(driver, env)
    if driver.current_url.startswith(env["OP_ISSUER"] + "/"):
        picture(driver, f"consent-{language}")
    agree_if_asked(driver, env["PORTAL_URL"], env["OP_ISSUER"])
    assert "Nguyễn Văn An" in text(driver)
    picture(driver, f"identity-{language}")
    press_logout(driver)
    for button in driver.find_elements(By.CSS_SELECTOR, "button[value=logout]"):
        button.click()
        break
    wait(driver, lambda d: "Nguyễn Văn An" not in text(d))
    driver.get(env["PORTAL_URL"])
    assert "Nguyễn Văn An" not in text(driver)
    press_login(driver)
    on(driver, env["OP_ISSUER"])
    assert driver.find_elements(By.CSS_SELECTOR, "input[type=password]"), "logged out at authd, too"


def test_the_second_portal_asks_for_no_password(sandbox, chromium, picture):
    env, driver = sandbox.env, chromium("vi")
    driver.get(env["PORTAL_URL"])
    press_login(driver)
    log_in(driver, env, "OP_USER2", "OP_PASSWORD2")
    agree_if_asked(driver, env["PORTAL_URL"], env["OP_ISSUER"])
    driver.get(env["PORTAL2_URL"])
    press_login(driver)
    wait(driver, lambda d: d.current_url.startswith(env["PORTAL2_URL"]) or
         d.find_elements(By.CSS_SELECTOR, "button[value=allow]"))
    assert not driver.find_elements(By.CSS_SELECTOR, "input[type=password]")
    agree_if_asked(driver, env["PORTAL2_URL"], env["OP_ISSUER"])
    assert "Trần Thị Bình" in text(driver)
    picture(driver, "second-portal")
    # logging out of one ends the other by the back channel
    press_logout(driver)
    for button in driver.find_elements(By.CSS_SELECTOR, "button[value=logout]"):
        button.click()
        break

    def other_ended(d):
        d.get(env["PORTAL_URL"])
        return "Trần Thị Bình" not in text(d)
    wait(driver, other_ended)


def test_a_wrong_password_is_told_in_plain_words(sandbox, chromium, picture):
    env, driver = sandbox.env, chromium("vi", width=360)
    driver.get(env["PORTAL_URL"])
    press_login(driver)
    log_in(driver, dict(env, OP_PASSWORD="không phải"))
    alert = wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "[role=alert]"))
    assert alert[0].text.strip()
    picture(driver, "wrong-password-360")


def test_pages_work_on_a_narrow_screen(sandbox, chromium, picture):
    env, driver = sandbox.env, chromium("vi", width=360)
    driver.get(env["PORTAL_URL"])
    press_login(driver)
    on(driver, env["OP_ISSUER"])
    width = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, "the page scrolls sideways"
    picture(driver, "login-360")


def test_the_browser_reports_no_policy_violation(sandbox, chromium):
    env, driver = sandbox.env, chromium("vi")
    driver.get(env["PORTAL_URL"])
    press_login(driver)
    log_in(driver, env)
    agree_if_asked(driver, env["PORTAL_URL"], env["OP_ISSUER"])
    lines = [entry["message"] for entry in driver.get_log("browser")]
    assert not [line for line in lines if "Content Security Policy" in line or "404" in line], lines
