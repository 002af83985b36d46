/* The application in three steps: details, review, done.  The draft lives in the session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "portal.h"

/* Where the person stands; each step is a page of its own and says so. */
static struct evbuffer *step_begin(struct web *w, const struct session *s, int step,
                                   const char *heading)
{
    const struct words *t = words_of(w);
    const char *names[] = {t->details, t->review, t->done};
    struct evbuffer *b = html_begin(w, s, heading);
    if (b == NULL) {
        return NULL;
    }
    html_add(b, "<ol class=\"steps\">\n");
    for (int i = 0; i < 3; i++) {
        evbuffer_add_printf(b, "<li%s>",
                            i < step    ? " class=\"past\""
                            : i == step ? " aria-current=\"step\""
                                        : "");
        evbuffer_add_printf(b, "<span class=\"word\">%s </span>%d. ", t->step, i + 1);
        html_wrap(b, "", names[i], "</li>\n");
    }
    html_wrap(b, "</ol>\n<h1>", heading, "</h1>\n");
    return b;
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}

static const struct choice *choice_of(const struct field *f, const char *value)
{
    for (size_t i = 0; i < f->n_choices; i++) {
        if (strcmp(f->choices[i].value, value) == 0) {
            return &f->choices[i];
        }
    }
    return NULL;
}

/* NULL: good; else what to do. */
static const char *mistake_of(const struct words *t, const struct field *f, const char *value)
{
    if (f->n_choices > 0) {
        return choice_of(f, value) == NULL ? t->choice : NULL;
    }
    if (value[strspn(value, " ")] == '\0') {
        return t->missing;
    }
    if (characters(value) > f->max) {
        return t->too_long;
    }
    return f->digits && value[strspn(value, "0123456789 +.")] != '\0' ? t->digits : NULL;
}

static void input(struct web *w, struct evbuffer *b, const struct field *f, const char *value,
                  const char *mistake)
{
    const struct words *t = words_of(w);
    const char *hint = text_of(w, f->hint);
    evbuffer_add_printf(b, "<div class=\"field\"><label for=\"%s\">", f->name);
    html_wrap(b, "", text_of(w, f->label), "</label>\n");
    if (hint[0] != '\0') {
        evbuffer_add_printf(b, "<small class=\"hint\" id=\"%s-hint\">", f->name);
        html_wrap(b, "", hint, "</small>\n");
    }
    if (mistake != NULL) {
        evbuffer_add_printf(b, "<span class=\"mistake\" id=\"%s-mistake\">", f->name);
        html_wrap(b, "", mistake, "</span>\n");
    }
    evbuffer_add_printf(b, "<%s id=\"%s\" name=\"%s\" required",
                        f->n_choices > 0 ? "select" : "input", f->name, f->name);
    if (mistake != NULL) {
        evbuffer_add_printf(b, " aria-invalid=\"true\" aria-describedby=\"%s-mistake\"", f->name);
    } else if (hint[0] != '\0') {
        evbuffer_add_printf(b, " aria-describedby=\"%s-hint\"", f->name);
    }
    if (f->n_choices > 0) {
        html_wrap(b, ">\n<option value=\"\">", t->choose, "</option>\n");
        for (size_t i = 0; i < f->n_choices; i++) {
            bool chosen = strcmp(f->choices[i].value, value) == 0;
            evbuffer_add_printf(b, "<option value=\"%s\"%s>", f->choices[i].value,
                                chosen ? " selected" : "");
            html_wrap(b, "", text_of(w, f->choices[i].label), "</option>\n");
        }
        html_add(b, "</select></div>\n");
        return;
    }
    evbuffer_add_printf(b, " type=\"text\" maxlength=\"%zu\"%s", f->max,
                        f->digits ? " inputmode=\"numeric\"" : "");
    if (f->complete != NULL) {
        evbuffer_add_printf(b, " autocomplete=\"%s\"", f->complete);
    }
    html_wrap(b, " value=\"", value, "\"></div>\n");
}

/* Mistakes first, each a link to its field. */
static void mistakes_card(struct web *w, struct evbuffer *b, const char *const *mistakes)
{
    const struct service *service = w->provider->service;
    html_wrap(b, "<section class=\"card alarm\" role=\"alert\"><h2>", words_of(w)->fix,
              "</h2>\n<ul>\n");
    for (size_t i = 0; i < service->n_fields; i++) {
        if (mistakes[i] != NULL) {
            evbuffer_add_printf(b, "<li><a href=\"#%s\">", service->fields[i].name);
            html_wrap(b, "", text_of(w, service->fields[i].label), "</a>: ");
            html_wrap(b, "", mistakes[i], "</li>\n");
        }
    }
    html_add(b, "</ul></section>\n");
}

/* mistakes NULL: none are known. */
static void details_page(struct web *w, struct session *s, const char *const *mistakes)
{
    const struct words *t = words_of(w);
    const struct service *service = w->provider->service;
    const char *name = eid_identity_name(s->identity);
    struct evbuffer *b = step_begin(w, s, 0, text_of(w, service->procedure));
    if (b != NULL) {
        if (mistakes != NULL) {
            mistakes_card(w, b, mistakes);
        }
        /* Folded: what can't be changed must not stand in the way of what must be written. */
        html_add(b, "<details class=\"card\"><summary><h2>"
                    "<span class=\"tick\" aria-hidden=\"true\">✓</span> ");
        html_wrap(b, "", t->applicant, "");
        html_wrap(b, name != NULL ? ": " : "", name != NULL ? name : "", "</h2></summary>\n");
        html_wrap(b, "<p class=\"quiet\">", t->applicant_note, "</p>\n");
        page_applicant(w, b, s->identity);
        html_add(
            b, "</details>\n<form method=\"post\" action=\"/apply\" class=\"card\" novalidate>\n");
        html_csrf(b, s);
        for (size_t i = 0; i < service->n_fields; i++) {
            input(w, b, &service->fields[i], s->draft[i], mistakes != NULL ? mistakes[i] : NULL);
        }
        html_wrap(b, "<button class=\"button\">", t->next, "</button></form>\n");
    }
    html_end(w, b, mistakes != NULL ? 422 : 200);
}

/* What is known already need not be typed. */
static void fill_in(const struct service *service, struct session *s)
{
    for (size_t i = 0; i < service->n_fields; i++) {
        if (s->draft[i][0] == '\0' && service->fields[i].claim != NULL) {
            char *known = claim_text(s->identity, service->fields[i].claim);
            if (known != NULL && strlen(known) < DRAFT_TEXT) {
                memcpy(s->draft[i], known, strlen(known) + 1);
            }
            free(known);
        }
    }
}

void apply_details(struct web *w, struct portal *p)
{
    (void)p;
    struct session *s = session_of(w);
    if (s == NULL) {
        web_go(w, "/login?for=apply");
        return;
    }
    fill_in(w->provider->service, s);
    details_page(w, s, NULL);
}

void apply_check(struct web *w, struct portal *p)
{
    (void)p;
    const struct service *service = w->provider->service;
    struct session *s = session_of_form(w);
    const char *mistakes[DRAFT_FIELDS] = {NULL};
    bool good = true;
    if (s == NULL) {
        page_expired(w);
        return;
    }
    for (size_t i = 0; i < service->n_fields; i++) {
        char *value = web_form(w, service->fields[i].name);
        bool fits = value != NULL && strlen(value) < DRAFT_TEXT;
        snprintf(s->draft[i], DRAFT_TEXT, "%s", fits ? value : "");
        mistakes[i] = value != NULL && !fits
                          ? words_of(w)->too_long
                          : mistake_of(words_of(w), &service->fields[i], s->draft[i]);
        good = good && mistakes[i] == NULL;
        free(value);
    }
    s->complete = good && random_text(s->draft_id);
    s->confirmed = false; /* that was for another text */
    if (s->complete) {
        web_go(w, "/apply/review");
    } else {
        details_page(w, s, mistakes);
    }
}

void apply_review(struct web *w, struct portal *p)
{
    (void)p;
    const struct words *t = words_of(w);
    const struct service *service = w->provider->service;
    const struct session *s = session_of(w);
    if (s == NULL || !s->complete) {
        web_go(w, "/apply");
        return;
    }
    struct evbuffer *b = step_begin(w, s, 1, t->review);
    if (b != NULL) {
        html_wrap(b, "<section class=\"card\"><h2>", text_of(w, service->procedure),
                  "</h2>\n<dl>\n");
        for (size_t i = 0; i < service->n_fields; i++) {
            const struct choice *c = choice_of(&service->fields[i], s->draft[i]);
            html_row(b, t, text_of(w, service->fields[i].label),
                     c != NULL ? text_of(w, c->label) : s->draft[i]);
        }
        html_wrap(b, "</dl></section>\n<section class=\"card\"><h2>", t->applicant, "</h2>\n");
        page_applicant(w, b, s->identity);
        html_wrap(b, "</section>\n<p>", t->declare, "</p>\n<div class=\"actions\">");
        html_press(b, s, "/apply/submit", "button", t->submit);
        html_link(b, "button plain", "/apply", t->correct);
        html_add(b, "</div>\n");
    }
    html_end(w, b, 200);
}

bool apply_must_confirm(const struct web *w, const struct session *s)
{
    long max_age_s = settings_number(web_settings(w), SUBMIT_MAX_AGE_S);
    long level = settings_number(web_settings(w), SUBMIT_AUTH_LEVEL);
    int64_t at = eid_identity_auth_time(s->identity);
    if (session_is_confirmed(s)) {
        return false;
    }
    return eid_identity_authentication_level(s->identity) < level ||
           (max_age_s > 0 && (at <= 0 || at + max_age_s < (int64_t)time(NULL)));
}

void apply_confirm(struct web *w, struct portal *p)
{
    (void)p;
    const struct words *t = words_of(w);
    const struct session *s = session_of(w);
    if (s == NULL || !s->complete) {
        web_go(w, "/apply");
        return;
    }
    struct evbuffer *b = step_begin(w, s, 1, t->confirm);
    if (b != NULL) {
        html_wrap(b, "<section class=\"card\"><p>", text_of(w, w->provider->service->why_confirm),
                  " ");
        html_wrap(b, "", t->confirm_note, "</p>\n<div class=\"actions\">");
        html_link(b, "button", "/login?for=submit", t->confirm_button);
        html_link(b, "button plain", "/apply/review", t->back);
        html_add(b, "</div></section>\n");
    }
    html_end(w, b, 200);
}

void apply_done(struct web *w, struct portal *p)
{
    (void)p;
    const struct words *t = words_of(w);
    const struct session *s = session_of(w);
    char when[64];
    if (s == NULL || s->n_filed == 0) {
        web_go(w, "/applications");
        return;
    }
    const struct filed *f = &s->filed[s->n_filed - 1];
    struct evbuffer *b = step_begin(w, s, 2, t->received);
    if (b != NULL) {
        time_text(f->at, when, sizeof(when));
        html_wrap(b, "<section class=\"card\"><h2>", t->receipt, "</h2>\n");
        html_wrap(b, "<p class=\"receipt\">", f->receipt, "</p>\n");
        html_wrap(b, "<p>", t->receipt_note, "</p>\n<dl>\n");
        html_row(b, t, text_of(w, w->provider->service->fields[0].label), f->subject);
        html_row(b, t, t->submitted_at, when);
        html_row(b, t, words_of(w)->duration, text_of(w, w->provider->service->duration));
        html_add(b, "</dl>\n<div class=\"actions\">");
        html_link(b, "button", "/applications", t->to_applications);
        html_add(b, "</div></section>\n");
    }
    html_end(w, b, 200);
}
