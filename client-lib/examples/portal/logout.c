/* Logging out: of this portal, of everything, and when the provider says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "portal.h"
#include "seen.h"

#define CLOCKS_S 60 /* the library tolerates some difference of clocks */

static struct seen logouts = {.lock = PTHREAD_MUTEX_INITIALIZER};

void logout_here(struct web *w, struct portal *p)
{
    (void)p;
    struct session *s = session_of_form(w);
    if (s == NULL) {
        web_go(w, "/");
        return;
    }
    session_end(s);
    session_cookie_set(w, NULL);
    fprintf(stderr, "event=logout.done where=here\n");
    web_go(w, "/logged-out?here=1");
}

struct leave {
    struct web *w;
    char *id_token;
    char *url;
    struct eid_error err;
};

static void leave_run(void *arg)
{
    struct leave *j = arg;
    eid_logout_url(j->w->provider->client, j->id_token, LOGOUT_STATE, &j->url, &j->err);
}

static void leave_done(void *arg)
{
    struct leave *j = arg;
    if (j->url != NULL) {
        provider_learn(j->w->provider, j->url);
        web_redirect(j->w, j->url);
    } else {
        /* Not every provider offers it; then only our own session has ended, and the page says so.
         */
        fprintf(stderr, "event=logout.failed code=%s detail=\"%s\"\n", eid_error_name(j->err.code),
                j->err.detail);
        web_go(j->w, "/logged-out?here=1");
    }
    eid_text_free(j->url);
    eid_text_free(j->id_token);
    free(j);
}

/* RP-Initiated Logout: the ID token tells the provider whose session it is and who asks. */
void logout_everywhere(struct web *w, struct portal *p)
{
    struct session *s = session_of_form(w);
    struct leave *j = s != NULL ? calloc(1, sizeof(*j)) : NULL;
    if (j == NULL) {
        web_go(w, "/");
        return;
    }
    j->w = w;
    j->id_token = strdup(eid_identity_id_token(s->identity));
    j->err = (struct eid_error){.code = EID_UNREACHABLE, .detail = "the portal is stopping"};
    session_end(s);
    session_cookie_set(w, NULL);
    fprintf(stderr, "event=logout.done where=everywhere\n");
    if (!workers_do(p->workers, leave_run, leave_done, j)) {
        leave_done(j);
    }
}

struct notice {
    struct web *w;
    char *token;
    struct eid_logout *logout;
    struct eid_error err;
};

static void notice_run(void *arg)
{
    struct notice *j = arg;
    const char *token = j->token != NULL ? j->token : "";
    eid_logout_token_verify(j->w->provider->client, token, &j->logout, &j->err);
}

static void notice_refuse(struct notice *j)
{
    bool later = eid_error_category(j->err.code) == EID_CATEGORY_UNREACHABLE;
    fprintf(stderr, "event=backchannel_logout.refused code=%s detail=\"%s\"\n",
            eid_error_name(j->err.code), j->err.detail);
    struct evbuffer *b = evbuffer_new();
    if (b != NULL) {
        html_add(b, "{\"error\":\"invalid_request\"}\n");
    }
    web_reply(j->w, later ? 503 : 400, "application/json", b);
    if (b != NULL) {
        evbuffer_free(b);
    }
}

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.8:party 200 when done, 400 when the token is
 * refused */
static void notice_done(void *arg)
{
    struct notice *j = arg;
    if (j->logout == NULL) {
        notice_refuse(j);
    } else {
        /* spec: Back-Channel Logout §2.7:twice a jti seen before ends nothing again */
        if (seen_before(&logouts, eid_logout_jti(j->logout),
                        eid_logout_expires_at(j->logout) + CLOCKS_S) != 1) {
            unsigned ended =
                session_end_matching(eid_logout_subject(j->logout), eid_logout_sid(j->logout));
            fprintf(stderr, "event=backchannel_logout.done sessions=%u\n", ended);
        } else {
            /* Delivered twice, because our first answer was lost: done is done. */
            fprintf(stderr, "event=backchannel_logout.repeated\n");
        }
        web_reply(j->w, 200, NULL, NULL);
    }
    eid_logout_free(j->logout);
    free(j->token);
    free(j);
}

void logout_backchannel(struct web *w, struct portal *p)
{
    struct notice *j = calloc(1, sizeof(*j));
    if (j == NULL) {
        web_reply(w, 503, NULL, NULL);
        return;
    }
    j->w = w;
    j->token = web_form(w, "logout_token");
    j->err = (struct eid_error){.code = EID_UNREACHABLE, .detail = "the portal is stopping"};
    if (!workers_do(p->workers, notice_run, notice_done, j)) {
        notice_done(j);
    }
}
