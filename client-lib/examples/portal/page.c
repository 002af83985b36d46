/* The first page, before and after login, and the small ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "assets.h"
#include "portal.h"

static void facts(struct web *w, struct evbuffer *b)
{
    const struct words *t = words_of(w);
    const struct service *service = w->provider->service;
    html_add(b, "<dl class=\"facts\">\n");
    html_row(b, t, t->duration, text_of(w, service->duration));
    html_row(b, t, t->fee, text_of(w, service->fee));
    html_add(b, "</dl>\n");
}

static void home_of_visitor(struct web *w, struct evbuffer *b)
{
    const struct words *t = words_of(w);
    const struct service *service = w->provider->service;
    html_wrap(b, "<h1>", text_of(w, service->procedure), "</h1>\n");
    html_wrap(b, "<p class=\"lead\">", text_of(w, service->lead), "</p>\n<section class=\"card\">");
    html_link(b, "button", "/login", t->login);
    html_wrap(b, "<p class=\"quiet\">", t->login_note, "</p></section>\n");
    html_wrap(b, "<section class=\"card\"><h2>", t->needs, "</h2>\n<ul class=\"needs\">\n");
    for (int i = 0; i < 3; i++) {
        html_wrap(b, "<li>", text_of(w, service->needs[i]), "</li>\n");
    }
    html_add(b, "</ul>\n");
    facts(w, b);
    html_add(b, "</section>\n");
}

static void level_row(struct evbuffer *b, const struct words *t, const char *name, int level)
{
    char text[64];
    snprintf(text, sizeof(text), "%s %d", t->level, level);
    html_row(b, t, name, level > 0 ? text : NULL);
}

/* A row only for what was released. */
static void optional_row(struct evbuffer *b, const struct words *t, const char *name,
                         const struct eid_identity *i, const char *claim)
{
    char *text = claim_text(i, claim);
    if (text != NULL) {
        html_row(b, t, name, text);
    }
    free(text);
}

void page_applicant(struct web *w, struct evbuffer *b, const struct eid_identity *i)
{
    const struct words *t = words_of(w);
    const char *birthdate = eid_identity_birthdate(i);
    const char *gender = eid_identity_claim(i, "gender");
    char date[32] = "";
    if (birthdate != NULL) {
        date_text(birthdate, date, sizeof(date));
    }
    html_add(b, "<dl>\n");
    html_row(b, t, t->name, eid_identity_name(i));
    html_row(b, t, t->birthdate, date);
    if (gender != NULL) {
        html_row(b, t, t->gender, strcmp(gender, "female") == 0 ? t->female : t->male);
    }
    if (eid_identity_personal_number(i) != NULL) {
        html_row(b, t, t->number, eid_identity_personal_number(i));
    }
    optional_row(b, t, t->address, i, "address");
    optional_row(b, t, t->phone, i, "phone_number");
    optional_row(b, t, t->email, i, "email");
    level_row(b, t, t->account, eid_identity_account_level(i));
    level_row(b, t, t->authentication, eid_identity_authentication_level(i));
    html_add(b, "</dl>\n");
}

void page_leave(struct web *w, struct evbuffer *b, const struct session *s)
{
    const struct words *t = words_of(w);
    html_wrap(b, "<section class=\"leave\"><h2>", t->leave, "</h2>\n");
    html_wrap(b, "<p class=\"quiet\">", t->leave_note, "</p>\n<div class=\"actions\">\n");
    html_press(b, s, "/logout", "button plain", t->logout_all);
    html_press(b, s, "/logout/here", "button plain", t->logout_here);
    html_add(b, "</div></section>\n");
}

static bool is_begun(const struct web *w, const struct session *s)
{
    for (size_t i = 0; i < w->provider->service->n_fields; i++) {
        if (s->draft[i][0] != '\0') {
            return true;
        }
    }
    return false;
}

static void home_of_person(struct web *w, struct evbuffer *b, const struct session *s)
{
    const struct words *t = words_of(w);
    const struct service *service = w->provider->service;
    const char *name = eid_identity_name(s->identity);
    html_wrap(b, "<h1>", t->welcome, " <span class=\"name\">");
    html_wrap(b, "", name != NULL ? name : eid_identity_subject(s->identity), "</span></h1>\n");
    html_wrap(b, "<section class=\"card\"><h2>", text_of(w, service->procedure), "</h2>\n");
    facts(w, b);
    html_link(b, "button", "/apply", is_begun(w, s) ? t->go_on : t->start);
    html_add(b, "</section>\n");
    html_wrap(b, "<section class=\"card\"><h2><span class=\"tick\" aria-hidden=\"true\">✓</span> ",
              t->verified, "</h2>\n");
    html_wrap(b, "<p class=\"quiet\">", t->verified_note, "</p>\n");
    page_applicant(w, b, s->identity);
    html_add(b, "</section>\n");
    page_leave(w, b, s);
}

void page_home(struct web *w, struct portal *p)
{
    (void)p;
    const struct session *s = session_of(w);
    struct evbuffer *b = html_begin(w, s, NULL);
    if (b != NULL && s != NULL) {
        home_of_person(w, b, s);
    } else if (b != NULL) {
        home_of_visitor(w, b);
    }
    html_end(w, b, 200);
}

/* A heading, a sentence and the way on. */
static void simple_page(struct web *w, int status, const char *heading, const char *note,
                        const char *href, const char *way)
{
    struct evbuffer *b = html_begin(w, session_of(w), heading);
    if (b != NULL) {
        html_wrap(b, "<h1>", heading, "</h1>\n<section class=\"card\">");
        html_wrap(b, "<p>", note, "</p>\n");
        html_link(b, "button", href, way);
        html_add(b, "</section>\n");
    }
    html_end(w, b, status);
}

void page_logged_out(struct web *w, struct portal *p)
{
    (void)p;
    const struct words *t = words_of(w);
    char *here = web_query(w, "here");
    char *state = web_query(w, "state"); /* comes back from a provider that ended its session */
    bool everywhere = state != NULL && strcmp(state, LOGOUT_STATE) == 0;
    const char *note = here != NULL ? t->local_logged_out_note
                       : everywhere ? t->logged_out_all_note
                                    : t->logged_out_note;
    simple_page(w, 200, t->logged_out, note, "/", t->home);
    free(state);
    free(here);
}

void page_not_found(struct web *w)
{
    const struct words *t = words_of(w);
    simple_page(w, 404, t->not_found, t->not_found_note, "/", t->home);
}

void page_expired(struct web *w)
{
    const struct words *t = words_of(w);
    simple_page(w, 403, t->expired, t->expired_note, "/apply", t->again.action);
}

void page_style(struct web *w, struct portal *p)
{
    (void)p;
    struct evbuffer *b = evbuffer_new();
    if (b != NULL) {
        evbuffer_add_reference(b, asset_style, asset_style_size, NULL, NULL);
    }
    web_reply(w, 200, "text/css", b);
    if (b != NULL) {
        evbuffer_free(b);
    }
}

void page_icon(struct web *w, struct portal *p)
{
    (void)p;
    struct evbuffer *b = evbuffer_new();
    if (b != NULL) {
        evbuffer_add_printf(b,
                            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\">"
                            "<rect width=\"40\" height=\"40\" rx=\"9\" fill=\"%s\"/>"
                            "<path d=\"%s\" fill=\"#fff\"/></svg>\n",
                            w->provider->service->colour, w->provider->service->icon);
    }
    web_reply(w, 200, "image/svg+xml", b);
    if (b != NULL) {
        evbuffer_free(b);
    }
}
