/* Submitting: to the records API with the citizen's access token, or, without an API, into the
 * session.  The API may demand a fresher or stronger login (RFC 9470); then the person confirms and
 * comes back. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api_call.h"
#include "challenge.h"
#include "portal.h"

static void filed(struct web *w, struct session *s, const char *receipt)
{
    fprintf(stderr, "event=application.filed subject=%s receipt=%s\n",
            eid_identity_subject(s->identity), receipt);
    session_add_filed(s, receipt, s->draft[0]);
    memset(s->draft, 0, sizeof(s->draft));
    s->complete = false;
    s->confirmed = false;
    s->demand_max_age_s = 0;
    s->demand_acr[0] = '\0';
    web_go(w, "/apply/done");
}

static void file_here(struct web *w, struct session *s)
{
    char receipt[32];
    snprintf(receipt, sizeof(receipt), "HS-%.4s-%.4s", s->draft_id, s->draft_id + 4);
    filed(w, s, receipt);
}

static char *record_json(const struct service *service, const struct session *s)
{
    json_t *details = json_object();
    for (size_t i = 0; i < service->n_fields; i++) {
        json_object_set_new(details, service->fields[i].name, json_string(s->draft[i]));
    }
    json_t *record = json_pack("{s:s, s:s, s:o}", "kind", service->name, "subject", s->draft[0],
                               "details", details);
    char *text = record != NULL ? json_dumps(record, JSON_COMPACT) : NULL;
    json_decref(record);
    return text;
}

/* The API wants another login.  Asked a second time after a confirmation, the person can't do more.
 */
static bool demand_keep(struct session *s, const struct api_call *c)
{
    char error[64];
    char age[16];
    if (!challenge_param(c->challenge, "error", error, sizeof(error)) ||
        strcmp(error, "insufficient_user_authentication") != 0 || session_is_confirmed(s)) {
        return false;
    }
    s->demand_max_age_s =
        challenge_param(c->challenge, "max_age", age, sizeof(age)) ? strtol(age, NULL, 10) : 0;
    if (!challenge_param(c->challenge, "acr_values", s->demand_acr, sizeof(s->demand_acr))) {
        s->demand_acr[0] = '\0';
    }
    return true;
}

static void refused(struct session *s, const struct api_call *c)
{
    struct eid_error err = {.code = EID_UNREACHABLE};
    snprintf(err.detail, sizeof(err.detail), "%s", c->why);
    if (demand_keep(s, c)) {
        web_go(c->web, "/apply/confirm");
        return;
    }
    if (c->status == 401 && !session_is_confirmed(s)) {
        web_go(c->web, "/apply/confirm"); /* the token has expired, or was revoked */
        return;
    }
    if (c->status == 401) {
        err.code = EID_ASSURANCE_NOT_MET;
    } else if (c->status >= 400 && c->status < 500) {
        err.code = EID_BAD_CONFIGURATION;
    }
    trouble_show(c->web, "submit", &err, "/apply/review");
}

static void submit_done(void *arg)
{
    struct api_call *c = arg;
    struct session *s = session_find(c->session);
    json_t *answer = c->answer != NULL ? json_loads(c->answer, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *receipt = json_string_value(json_object_get(answer, "receipt"));
    if (s == NULL) {
        web_go(c->web, "/logged-out"); /* ended meanwhile, by the provider */
    } else if (c->status == 201 && receipt != NULL) {
        filed(c->web, s, receipt);
    } else {
        refused(s, c);
    }
    json_decref(answer);
    api_call_free(c);
}

static void file_at_api(struct web *w, struct portal *p, struct session *s)
{
    struct api_call *c = api_call_new(w, "/records", s);
    if (c != NULL) {
        c->body = record_json(w->provider->service, s);
        snprintf(c->key, sizeof(c->key), "%s", s->draft_id);
    }
    if (c == NULL || c->body == NULL || !workers_do(p->workers, api_call_run, submit_done, c)) {
        if (c != NULL) {
            api_call_free(c);
        }
        trouble_busy(w, "submit");
    }
}

void apply_submit(struct web *w, struct portal *p)
{
    struct session *s = session_of_form(w);
    if (s == NULL) {
        page_expired(w);
    } else if (!s->complete) {
        web_go(w, "/apply/done"); /* pressed twice */
    } else if (apply_must_confirm(w, s)) {
        web_go(w, "/apply/confirm");
    } else if (settings_has(web_settings(w), API_URL)) {
        file_at_api(w, p, s);
    } else {
        file_here(w, s);
    }
}
