/* One examination: what the checks share.  A check adds its findings to the report and never ends
 * the program; main.c tells their order and what each needs to have gone well before. */
#ifndef CHECKUP_DOCTOR_H
#define CHECKUP_DOCTOR_H
#include <eid/eid.h>
#include "base/json.h"
#include "checkup/report.h"
#include "checkup/settings.h"
#include "checkup/web.h"

struct doctor {
    struct arena *arena;
    struct report *report;
    struct settings settings;
    struct web web;
    char *key_text;               /* of CLIENT_KEY_FILE; NULL: none */
    struct eid_client *client;    /* NULL: the configuration was refused */
    const char *refused;          /* then: the setting */
    struct seen *metadata_answer; /* NULL: not asked yet */
    const json_t *metadata;       /* NULL: there is none that could be read */
    int64_t ahead_s;              /* our clock before the provider's, where it told */
    bool clock_told;
};

/* true: go on with what follows. */
typedef bool check_fn(struct doctor *d);

check_fn check_configuration,              /* the settings alone; makes the handle */
    check_connection,                      /* name, port, TLS, certificate */
    check_metadata,                        /* discovery */
    check_clock, check_keys, check_offers, /* what is asked for against what is offered */
    check_registration,                    /* redirect URI, client authentication, DPoP */
    check_logout, check_portal;            /* the portal's own addresses */

/* A handle with these settings; token_auth: NULL for the configured method.  false: *err tells. */
bool doctor_client_new(struct doctor *d, const char *token_auth, struct eid_client **out,
                       struct eid_error *err);
const char *doctor_setting(const struct doctor *d, enum setting which); /* NULL: not given */
/* Reports under `check` why there was no answer, as `status`. */
void doctor_explain_silence(struct doctor *d, enum status status, const char *check,
                            const struct seen *s);
/* Member of the metadata as text; NULL. */
const char *doctor_endpoint(const struct doctor *d, const char *name);
/* Is the word in that list of the metadata?  *told: the list is there. */
bool doctor_offers(const struct doctor *d, const char *list, struct str word, bool *told);
/* The list as words, for people. */
const char *doctor_list(const struct doctor *d, const char *list);
/* "4 minutes fast", or NULL when the clocks agree within SKEW_S. */
const char *doctor_clock_words(const struct doctor *d);
/* https, or http to loopback. */
bool doctor_is_secure(const char *url);

#endif
