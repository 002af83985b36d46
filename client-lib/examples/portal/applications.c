/* "My applications": read from the records API with the citizen's access token, or, without an API,
 * from the session. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api_call.h"
#include "portal.h"

#define FRESH_LOGIN_S 30

static void table_row(struct evbuffer *b, const struct words *t, const char *receipt,
                      const char *subject, int64_t at, const char *status)
{
    char when[64];
    time_text(at, when, sizeof(when));
    html_wrap(b, "<tr><td class=\"code\">", receipt, "</td>");
    html_wrap(b, "<td><strong>", subject, "</strong></td>");
    html_wrap(b, "<td>", when, "</td>");
    html_wrap(b, "<td>", strcmp(status, "received") == 0 ? t->is_received : t->is_other,
              "</td></tr>\n");
}

/* records NULL: those of the session. */
static void list_page(struct web *w, const struct session *s, const json_t *records)
{
    const struct words *t = words_of(w);
    const struct service *service = w->provider->service;
    size_t n = records != NULL ? json_array_size(records) : s->n_filed;
    struct evbuffer *b = html_begin(w, s, t->applications);
    if (b == NULL) {
        html_end(w, b, 200);
        return;
    }
    html_wrap(b, "<h1>", t->applications, "</h1>\n<section class=\"card\">\n");
    if (n == 0) {
        html_wrap(b, "<p>", t->none_yet, "</p>\n");
    } else {
        html_wrap(b, "<table><thead><tr><th scope=\"col\">", t->receipt, "</th>");
        html_wrap(b, "<th scope=\"col\">", text_of(w, service->fields[0].label), "</th>");
        html_wrap(b, "<th scope=\"col\">", t->submitted_at, "</th>");
        html_wrap(b, "<th scope=\"col\">", t->status, "</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < n && records != NULL; i++) {
            const json_t *r = json_array_get(records, i);
            const char *receipt = json_string_value(json_object_get(r, "receipt"));
            const char *subject = json_string_value(json_object_get(r, "subject"));
            const char *status = json_string_value(json_object_get(r, "status"));
            table_row(b, t, receipt != NULL ? receipt : "", subject != NULL ? subject : "",
                      json_integer_value(json_object_get(r, "submitted_at")),
                      status != NULL ? status : "");
        }
        for (size_t i = n; i > 0 && records == NULL; i--) {
            const struct filed *f = &s->filed[i - 1];
            table_row(b, t, f->receipt, f->subject, f->at, "received");
        }
        html_add(b, "</tbody></table>\n");
    }
    if (records == NULL && n > 0) {
        html_wrap(b, "<p class=\"quiet\">", t->kept_here, "</p>\n");
    }
    html_add(b, "<div class=\"actions\">");
    html_link(b, "button", "/apply", t->start);
    html_add(b, "</div></section>\n");
    html_end(w, b, 200);
}

static void list_done(void *arg)
{
    struct api_call *c = arg;
    struct web *w = c->web;
    const struct session *s = session_find(c->session);
    json_t *answer = c->answer != NULL ? json_loads(c->answer, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_t *records = json_object_get(answer, "records");
    if (s == NULL) {
        web_go(w, "/logged-out");
    } else if (c->status == 200 && json_is_array(records)) {
        list_page(w, s, records);
    } else if (c->status == 401 && s->seen_at_s - s->begun_at_s > FRESH_LOGIN_S) {
        web_go(w, "/login?for=applications"); /* the token has ended: single sign-on renews it */
    } else {
        struct eid_error err = {.code = c->status >= 400 && c->status < 500 ? EID_BAD_CONFIGURATION
                                                                            : EID_UNREACHABLE};
        snprintf(err.detail, sizeof(err.detail), "%s", c->why);
        trouble_show(w, "applications", &err, "/applications");
    }
    json_decref(answer);
    api_call_free(c);
}

void applications_list(struct web *w, struct portal *p)
{
    const struct session *s = session_of(w);
    if (s == NULL) {
        web_go(w, "/login?for=applications");
        return;
    }
    if (!settings_has(web_settings(w), API_URL)) {
        list_page(w, s, NULL);
        return;
    }
    struct api_call *c = api_call_new(w, "/records", s);
    if (c == NULL || !workers_do(p->workers, api_call_run, list_done, c)) {
        if (c != NULL) {
            api_call_free(c);
        }
        trouble_busy(w, "applications");
    }
}
