/* HTML of the portal.  Every text from outside goes through html_text. */
#include "page.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

struct words {
    const char *lang, *other_lang, *other_name, *skip, *lead, *what, *steps[3], *login, *login_note,
        *welcome, *verified, *name, *birthdate, *number, *email, *account, *authentication, *when,
        *subject, *subject_note, *next, *logout_all, *logout_here, *not_released, *trouble, *again,
        *home, *reference, *missing, *missing_text, *foot;
};

static const struct words vi = {
    .lang = "vi",
    .other_lang = "en",
    .other_name = "English",
    .skip = "Đến nội dung chính",
    .lead = "Nộp hồ sơ trực tuyến, không cần khai lại thông tin đã có.",
    .what = "Bạn cần chuẩn bị",
    .steps = {"Tài khoản định danh điện tử của bạn.", "Khoảng 5 phút để kiểm tra thông tin.",
              "Đồng ý chia sẻ thông tin cần cho hồ sơ; bạn có thể rút lại bất cứ lúc nào."},
    .login = "Đăng nhập bằng tài khoản định danh",
    .login_note =
        "Bạn sẽ được chuyển đến trang định danh. Cổng này không bao giờ hỏi mật khẩu của bạn.",
    .welcome = "Xin chào,",
    .verified = "Thông tin đã xác thực",
    .name = "Họ và tên",
    .birthdate = "Ngày sinh",
    .number = "Số định danh cá nhân",
    .email = "Thư điện tử",
    .account = "Mức độ tài khoản",
    .authentication = "Mức độ xác thực",
    .when = "Đăng nhập lúc",
    .subject = "Mã của bạn tại cổng này",
    .subject_note = "Mỗi cổng thấy một mã khác nhau.",
    .next = "Thông tin trên sẽ được điền sẵn vào hồ sơ của bạn.",
    .logout_all = "Đăng xuất khỏi mọi dịch vụ",
    .logout_here = "Chỉ đăng xuất khỏi cổng này",
    .not_released = "Không chia sẻ",
    .trouble = "Chưa hoàn tất được",
    .again = "Đăng nhập lại",
    .home = "Về trang đầu",
    .reference = "Mã tra cứu khi cần hỗ trợ",
    .missing = "Không có trang này",
    .missing_text = "Địa chỉ bạn mở không có tại cổng này.",
    .foot = "Cổng trình diễn; không dùng cho hồ sơ thật.",
};

static const struct words en = {
    .lang = "en",
    .other_lang = "vi",
    .other_name = "Tiếng Việt",
    .skip = "Skip to main content",
    .lead = "File your forms online, without typing again what is already known.",
    .what = "What you need",
    .steps = {"Your electronic identity account.", "About five minutes to check your details.",
              "Your consent to share what the form needs; you may withdraw it at any time."},
    .login = "Log in with your identity account",
    .login_note = "You will go to the identity page. This portal never asks for your password.",
    .welcome = "Welcome,",
    .verified = "Verified details",
    .name = "Full name",
    .birthdate = "Date of birth",
    .number = "Personal number",
    .email = "E-mail",
    .account = "Account level",
    .authentication = "Authentication level",
    .when = "Logged in at",
    .subject = "Your code at this portal",
    .subject_note = "Every portal sees a different one.",
    .next = "These details will be filled into your form.",
    .logout_all = "Log out of all services",
    .logout_here = "Log out of this portal only",
    .not_released = "Not shared",
    .trouble = "This did not work",
    .again = "Log in again",
    .home = "To the first page",
    .reference = "Reference for support",
    .missing = "No such page",
    .missing_text = "The address you opened does not exist at this portal.",
    .foot = "A demonstration; not for real filings.",
};

static const struct words *words_of(const struct web *w)
{
    return w->vietnamese ? &vi : &en;
}

static void add(struct evbuffer *b, const char *html)
{
    evbuffer_add(b, html, strlen(html));
}

static void element(struct evbuffer *b, const char *open, const char *text, const char *close)
{
    add(b, open);
    html_text(b, text);
    add(b, close);
}

/* A link that keeps the language chosen by the query. */
static void link_to(struct web *w, struct evbuffer *b, const char *path, const char *class,
                    const char *text)
{
    evbuffer_add_printf(b, "<a class=\"%s\" href=\"%s%s%s\">", class, path,
                        w->locales != NULL ? "?ui_locales=" : "",
                        w->locales != NULL ? w->locales : "");
    element(b, "", text, "</a>\n");
}

static struct evbuffer *page_begin(struct web *w, const char *heading)
{
    const struct words *t = words_of(w);
    const char *title = w->settings->value[w->vietnamese ? TITLE_VI : TITLE_EN];
    struct evbuffer *b = evbuffer_new();
    if (b == NULL) {
        return NULL;
    }
    evbuffer_add_printf(
        b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", t->lang);
    add(b, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    element(b, "<title>", heading != NULL ? heading : title, "");
    if (heading != NULL) {
        element(b, " – ", title, "");
    }
    add(b, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
           "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n</head>\n<body>\n");
    element(b, "<a class=\"skip\" href=\"#main\">", t->skip, "</a>\n<header><div class=\"wide\">");
    add(b, "<a class=\"brand\" href=\"/\"><img src=\"/icon.svg\" alt=\"\" width=\"40\" "
           "height=\"40\">");
    element(b, "<span>", title, "</span></a>\n");
    evbuffer_add_printf(b, "<a class=\"tongue\" lang=\"%s\" href=\"/?ui_locales=%s\">",
                        t->other_lang, t->other_lang);
    element(b, "", t->other_name, "</a></div></header>\n<main id=\"main\" class=\"wide\">\n");
    return b;
}

static void page_end(struct web *w, struct evbuffer *b, int status)
{
    element(b, "</main>\n<footer class=\"wide\"><p>", words_of(w)->foot,
            "</p></footer>\n</body>\n</html>\n");
    web_reply(w, status, "text/html", b);
    evbuffer_free(b);
}

static void row(struct evbuffer *b, const char *name, const char *value, const char *otherwise)
{
    element(b, "<div><dt>", name, "</dt>");
    if (value != NULL) {
        element(b, "<dd>", value, "</dd></div>\n");
    } else if (otherwise != NULL) {
        element(b, "<dd class=\"quiet\">", otherwise, "</dd></div>\n");
    } else {
        add(b, "<dd>–</dd></div>\n");
    }
}

static void level_row(struct evbuffer *b, const struct words *t, const char *name, int level)
{
    char text[64];
    /* The two formats are constants of this file. */
    int n = t == &vi ? snprintf(text, sizeof(text), "Mức độ %d", level)
                     : snprintf(text, sizeof(text), "Level %d", level);
    row(b, name, level > 0 && n > 0 ? text : NULL, t->not_released);
}

/* YYYY-MM-DD or a part of it, as people here write it. */
static void birthdate_row(struct evbuffer *b, const struct words *t, const char *date)
{
    int y, m, d;
    char text[64];
    if (date != NULL && strlen(date) == 10 && sscanf(date, "%4d-%2d-%2d", &y, &m, &d) == 3) {
        snprintf(text, sizeof(text), "%02d/%02d/%04d", d, m, y);
        date = text;
    } else if (date != NULL && strlen(date) == 7 && sscanf(date, "%4d-%2d", &y, &m) == 2) {
        snprintf(text, sizeof(text), "%02d/%04d", m, y);
        date = text;
    }
    row(b, t->birthdate, date, t->not_released);
}

static void time_row(struct evbuffer *b, const char *name, int64_t at)
{
    char text[64];
    struct tm tm;
    time_t when = (time_t)at;
    if (at > 0 && localtime_r(&when, &tm) != NULL &&
        strftime(text, sizeof(text), "%H:%M %d/%m/%Y", &tm) > 0) {
        row(b, name, text, NULL);
    }
}

static void logout_form(struct evbuffer *b, const struct session *s, const char *action,
                        const char *class, const char *text)
{
    evbuffer_add_printf(b,
                        "<form method=\"post\" action=\"%s\"><input type=\"hidden\" name=\"csrf\" "
                        "value=\"%s\"><button class=\"%s\">",
                        action, s->csrf, class);
    element(b, "", text, "</button></form>\n");
}

static void home_of_person(struct web *w, struct evbuffer *b, const struct session *s)
{
    const struct words *t = words_of(w);
    const struct eid_identity *i = s->identity;
    const char *name = eid_identity_name(i);
    element(b, "<h1>", t->welcome, " <span class=\"name\">");
    element(b, "", name != NULL ? name : eid_identity_subject(i), "</span></h1>\n");
    element(b, "<section class=\"card\"><h2><span class=\"tick\" aria-hidden=\"true\">✓</span> ",
            t->verified, "</h2>\n<dl>\n");
    row(b, t->name, name, t->not_released);
    birthdate_row(b, t, eid_identity_birthdate(i));
    row(b, t->number, eid_identity_personal_number(i), t->not_released);
    if (eid_identity_email(i) != NULL) {
        row(b, t->email, eid_identity_email(i), NULL);
    }
    level_row(b, t, t->account, eid_identity_account_level(i));
    level_row(b, t, t->authentication, eid_identity_authentication_level(i));
    time_row(b, t->when, eid_identity_auth_time(i));
    element(b, "<div><dt>", t->subject, "</dt><dd class=\"code\">");
    element(b, "", eid_identity_subject(i), "<br><small>");
    element(b, "", t->subject_note, "</small></dd></div>\n</dl>\n");
    element(b, "<p>", t->next, "</p></section>\n<div class=\"actions\">\n");
    logout_form(b, s, "/logout", "button", t->logout_all);
    logout_form(b, s, "/logout/here", "button plain", t->logout_here);
    add(b, "</div>\n");
}

static void home_of_visitor(struct web *w, struct evbuffer *b)
{
    const struct words *t = words_of(w);
    element(b, "<h1>", w->settings->value[w->vietnamese ? TITLE_VI : TITLE_EN], "</h1>\n");
    element(b, "<p class=\"lead\">", t->lead, "</p>\n<section class=\"card\">");
    element(b, "<h2>", t->what, "</h2>\n<ul>\n");
    for (int i = 0; i < 3; i++) {
        element(b, "<li>", t->steps[i], "</li>\n");
    }
    add(b, "</ul>\n");
    link_to(w, b, "/login", "button", t->login);
    element(b, "<p class=\"quiet\">", t->login_note, "</p></section>\n");
}

void page_home(struct web *w, const struct session *session, const char *notice)
{
    struct evbuffer *b = page_begin(w, NULL);
    if (b == NULL) {
        web_reply(w, 503, "text/plain", NULL);
        return;
    }
    if (notice != NULL) {
        element(b, "<p class=\"notice\" role=\"status\">", notice, "</p>\n");
    }
    if (session != NULL) {
        home_of_person(w, b, session);
    } else {
        home_of_visitor(w, b);
    }
    page_end(w, b, 200);
}

void page_error(struct web *w, int status, const char *text, const char *reference)
{
    const struct words *t = words_of(w);
    struct evbuffer *b = page_begin(w, t->trouble);
    if (b == NULL) {
        web_reply(w, 503, "text/plain", NULL);
        return;
    }
    element(b, "<h1>", t->trouble, "</h1>\n<section class=\"card\">");
    element(b, "<p role=\"alert\">", text, "</p>\n<div class=\"actions\">");
    link_to(w, b, "/login", "button", t->again);
    link_to(w, b, "/", "button plain", t->home);
    element(b, "</div>\n<p class=\"quiet\">", t->reference, ": <span class=\"code\">");
    element(b, "", reference, "</span></p></section>\n");
    page_end(w, b, status);
}

void page_not_found(struct web *w)
{
    const struct words *t = words_of(w);
    struct evbuffer *b = page_begin(w, t->missing);
    if (b == NULL) {
        web_reply(w, 503, "text/plain", NULL);
        return;
    }
    element(b, "<h1>", t->missing, "</h1>\n<section class=\"card\">");
    element(b, "<p>", t->missing_text, "</p>\n");
    link_to(w, b, "/", "button", t->home);
    add(b, "</section>\n");
    page_end(w, b, 404);
}

static void reply_text(struct web *w, const char *type, const char *text)
{
    struct evbuffer *b = evbuffer_new();
    if (b != NULL) {
        add(b, text);
        web_reply(w, 200, type, b);
        evbuffer_free(b);
    }
}

void page_icon(struct web *w)
{
    reply_text(w, "image/svg+xml",
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\">"
               "<rect width=\"40\" height=\"40\" rx=\"9\" fill=\"#a3171f\"/>"
               "<path d=\"M8 19 20 9l12 10v12H23v-8h-6v8H8z\" fill=\"#fff\"/></svg>\n");
}

void page_style(struct web *w)
{
    reply_text(
        w, "text/css",
        ":root{color-scheme:light;--ink:#1c2430;--quiet:#5a6472;--line:#d9dee5;--red:#a3171f}\n"
        "*{box-sizing:border-box}\n"
        "body{margin:0;font:1.0625rem/1.6 system-ui,\"Noto Sans\",sans-serif;color:var(--ink);"
        "background:#f4f6f8}\n"
        ".wide{max-width:46rem;margin:0 auto;padding:0 1rem}\n"
        "header{background:#fff;border-bottom:4px solid var(--red)}\n"
        "header .wide{display:flex;align-items:center;justify-content:space-between;gap:1rem;"
        "padding-top:.75rem;padding-bottom:.75rem}\n"
        ".brand{display:flex;align-items:center;gap:.75rem;font-weight:600;color:inherit;"
        "text-decoration:none;line-height:1.3}\n"
        ".brand img{flex:none}\n"
        ".tongue{flex:none;color:var(--red);padding:.5rem 0}\n"
        ".skip{position:absolute;left:-99rem}\n.skip:focus{left:1rem;top:1rem;background:#fff}\n"
        "h1{font-size:1.75rem;line-height:1.25;margin:2rem 0 .5rem;overflow-wrap:anywhere}\n"
        "h2{font-size:1.2rem;margin:0 0 .75rem}\n"
        ".lead{font-size:1.15rem;color:var(--quiet);margin:0 0 1.5rem}\n"
        ".card{background:#fff;border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;"
        "margin:1.25rem 0}\n"
        ".notice{background:#e7f3ea;border:1px solid #9ecbaa;border-radius:.75rem;"
        "padding:.75rem 1rem;margin:1.25rem 0 0}\n"
        ".button{display:inline-block;font:inherit;font-weight:600;text-align:center;"
        "text-decoration:none;color:#fff;background:var(--red);border:2px solid var(--red);"
        "border-radius:.5rem;padding:.7rem 1.25rem;cursor:pointer}\n"
        ".button:hover{background:#7f1017}\n"
        ".button.plain{color:var(--red);background:#fff}\n.button.plain:hover{background:#f9ecec}\n"
        "a:focus-visible,button:focus-visible{outline:3px solid #1a5fb4;outline-offset:2px}\n"
        ".actions{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}\n"
        "dl{margin:0}\n"
        "dl div{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.6rem 0;"
        "border-bottom:1px solid var(--line)}\n"
        "dt{flex:0 0 13rem;color:var(--quiet)}\n"
        "dd{flex:1 1 14rem;margin:0;font-weight:600;overflow-wrap:anywhere}\n"
        ".quiet,small{color:var(--quiet);font-weight:400}\n"
        ".code{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;font-weight:400;"
        "overflow-wrap:anywhere}\n"
        ".tick{color:#1b7a3d}\n"
        "footer{color:var(--quiet);font-size:.9rem;padding-top:1rem;padding-bottom:2rem}\n"
        "@media (max-width:30rem){.button,.actions form,.actions .button{width:100%}"
        "h1{font-size:1.45rem}dt{flex-basis:100%}}\n");
}
