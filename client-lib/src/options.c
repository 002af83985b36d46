/* The handle's options: where each lives, and what it is when nobody sets it.  Judged when they are
 * set. */
#include "libeid/options.h"
#include <stdlib.h>
#include <string.h>
#include "libeid/client_auth.h"

enum kind { TEXT, SECONDS, SWITCH, CHOICE };

/* Where each option lives, and what it is when nobody sets it. */
static const struct option {
    enum eid_option option;
    enum kind kind;
    size_t offset;
    const char *otherwise;
    int64_t min, max;
} options[] = {
    {EID_CA_FILE, TEXT, offsetof(struct eid_client, ca_file), NULL, 0, 0},
    {EID_SCOPE, TEXT, offsetof(struct eid_client, scope), "openid", 0, 0},
    {EID_ACR_VALUES, TEXT, offsetof(struct eid_client, acr_values), NULL, 0, 0},
    {EID_UI_LOCALES, TEXT, offsetof(struct eid_client, ui_locales), NULL, 0, 0},
    {EID_POST_LOGOUT_URI, TEXT, offsetof(struct eid_client, post_logout_uri), NULL, 0, 0},
    {EID_CACHE_FILE, TEXT, offsetof(struct eid_client, cache_file), NULL, 0, 0},
    {EID_TIMEOUT_MS, SECONDS, offsetof(struct eid_client, timeout_ms), "10000", 100, 300000},
    {EID_SKEW_S, SECONDS, offsetof(struct eid_client, skew_s), "30", 0, 600},
    {EID_COOLDOWN_S, SECONDS, offsetof(struct eid_client, cooldown_s), "30", 0, 3600},
    {EID_OFFLINE_GRACE_S, SECONDS, offsetof(struct eid_client, offline_grace_s), "86400", 0,
     30 * 86400},
    {EID_LOGIN_LIFETIME_S, SECONDS, offsetof(struct eid_client, login_lifetime_s), "900", 30,
     86400},
    {EID_PAR, CHOICE, offsetof(struct eid_client, par), "auto", 0, 0},
    {EID_DPOP, CHOICE, offsetof(struct eid_client, dpop), "auto", 0, 0},
    {EID_USERINFO, SWITCH, offsetof(struct eid_client, userinfo), "0", 0, 1},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

enum eid_code option_text(struct work *w, char **place, const char *value)
{
    char *copy = NULL;
    if (value != NULL) {
        if (!str_utf8(str_from(value))) {
            return work_fail(w, EID_BAD_ARGUMENT, "an option is not UTF-8");
        }
        copy = strdup(value);
        if (copy == NULL) {
            return EID_NO_MEMORY;
        }
    }
    eid_text_free(*place);
    *place = copy;
    return EID_OK;
}

/* "auto", "on" or "off"; "1" and "0" as in switches. */
static enum eid_code set_choice(struct work *w, enum eid_option option, enum mode *place,
                                const char *v)
{
    static const struct {
        const char *name;
        enum mode mode;
    } modes[] = {
        {"auto", MODE_AUTO}, {"on", MODE_ON}, {"1", MODE_ON}, {"off", MODE_OFF}, {"0", MODE_OFF}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(v, modes[i].name) == 0) {
            *place = modes[i].mode;
            return EID_OK;
        }
    }
    return work_fail(w, EID_BAD_ARGUMENT, "option %d must be auto, on or off", (int)option);
}

static enum eid_code set_in_table(struct work *w, struct eid_client *c, const struct option *o,
                                  const char *value)
{
    void *place = (char *)c + o->offset;
    const char *v = value != NULL ? value : o->otherwise;
    if (o->kind == TEXT) {
        return option_text(w, place, v);
    }
    if (o->kind == CHOICE) {
        return set_choice(w, o->option, place, v);
    }
    int64_t number;
    if (!str_i64(str_from(v), &number) || number < o->min || number > o->max) {
        return work_fail(w, EID_BAD_ARGUMENT, "option %d must be a number from %lld to %lld",
                         (int)o->option, (long long)o->min, (long long)o->max);
    }
    if (o->kind == SWITCH) {
        *(bool *)place = number == 1;
    } else {
        *(int64_t *)place = number;
    }
    return EID_OK;
}

/* Methods with a secret need one, and a secret is not left unused; whether there is a key is judged
 * when it is needed, because it may be given later. */
static enum eid_code set_token_auth(struct work *w, struct eid_client *c, const char *v)
{
    if (v == NULL) {
        return option_text(w, &c->token_auth, NULL);
    }
    if (!client_auth_is_method(v)) {
        return work_fail(w, EID_BAD_ARGUMENT,
                         "\"%.40s\" is not client_secret_basic, client_secret_post, "
                         "private_key_jwt or none",
                         v);
    }
    bool secret = strncmp(v, "client_secret_", 14) == 0;
    if (secret != (c->client_secret != NULL) && strcmp(v, "private_key_jwt") != 0) {
        return work_fail(w, EID_BAD_ARGUMENT, "\"%.40s\" does not fit: %s", v,
                         secret ? "there is no client secret" : "there is a client secret");
    }
    return option_text(w, &c->token_auth, v);
}

static enum eid_code set(struct work *w, struct eid_client *c, enum eid_option option,
                         const char *value)
{
    if (option == EID_TOKEN_AUTH) {
        return set_token_auth(w, c, value);
    }
    if (option == EID_ID_TOKEN_ALG) {
        if (!alg_from_name(value != NULL ? str_from(value) : STR("ES256"), &c->id_token_alg)) {
            return work_fail(w, EID_BAD_ARGUMENT, "\"%.20s\" is not ES256, EdDSA, PS256 or RS256",
                             value);
        }
        return EID_OK;
    }
    for (size_t i = 0; i < OPTIONS; i++) {
        if (options[i].option == option) {
            return set_in_table(w, c, &options[i], value);
        }
    }
    return work_fail(w, EID_BAD_ARGUMENT, "there is no option %d", (int)option);
}

struct setting {
    enum eid_option option;
    const char *value;
};

static enum eid_code set_body(struct work *w, struct eid_client *c, void *own)
{
    const struct setting *s = own;
    return set(w, c, s->option, s->value);
}

enum eid_code eid_client_set(struct eid_client *client, enum eid_option option, const char *value,
                             struct eid_error *err)
{
    struct setting s = {option, value};
    return work_block(client, set_body, &s, err);
}

enum eid_code options_default(struct work *w, struct eid_client *c)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        EID_TRY(set_in_table(w, c, &options[i], NULL));
    }
    c->id_token_alg = ALG_ES256;
    return EID_OK;
}

void options_free(struct eid_client *c)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (options[i].kind == TEXT) {
            eid_text_free(*(char **)((char *)c + options[i].offset));
        }
    }
    eid_text_free(c->token_auth);
}
