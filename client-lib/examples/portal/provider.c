/* Settings to options of libeid.  What is not set, libeid decides. */
#include "provider.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    enum eid_option option;
    enum setting setting;
} options[] = {
    {EID_CA_FILE, CA_FILE},
    {EID_CACHE_FILE, CACHE_FILE},
    {EID_SCOPE, SCOPE},
    {EID_ACR_VALUES, ACR_VALUES},
    {EID_TOKEN_AUTH, TOKEN_AUTH},
    {EID_ID_TOKEN_ALG, ID_TOKEN_ALG},
    {EID_PAR, PAR},
    {EID_DPOP, DPOP},
    {EID_USERINFO, USERINFO},
    {EID_TIMEOUT_MS, TIMEOUT_MS},
    {EID_POST_LOGOUT_URI, POST_LOGOUT_URI},
};

static bool choose_service(struct provider *p)
{
    static const struct service *const services[] = {&service_residence, &service_business};
    const char *name = p->settings.value[SERVICE];
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (strcmp(services[i]->name, name) == 0) {
            p->service = services[i];
        }
    }
    if (p->service == NULL && strcmp(name, "records") != 0) {
        fprintf(stderr, "portal: SERVICE is residence, business or records, not \"%s\"\n", name);
        return false;
    }
    if (p->service != NULL && !settings_has(&p->settings, CLIENT_ID)) {
        fprintf(stderr, "portal: CLIENT_ID is missing\n");
        return false;
    }
    return true;
}

/* The service's own key, read once; libeid copies it. */
static bool set_key(struct provider *p, struct eid_error *err)
{
    char key[8192];
    const char *file = p->settings.value[CLIENT_KEY_FILE];
    if (file[0] == '\0') {
        return true;
    }
    FILE *f = fopen(file, "r");
    size_t n = f != NULL ? fread(key, 1, sizeof(key) - 1, f) : 0;
    if (f != NULL) {
        fclose(f);
    }
    key[n] = '\0';
    if (n == 0) {
        err->code = EID_BAD_CONFIGURATION;
        snprintf(err->detail, sizeof(err->detail), "CLIENT_KEY_FILE %.200s can't be read", file);
        return false;
    }
    bool good = eid_client_set_key(p->client, key, err) == EID_OK;
    explicit_bzero(key, sizeof(key));
    return good;
}

static bool configure(struct provider *p, const unsigned char transaction_key[32],
                      struct eid_error *err)
{
    const struct settings *s = &p->settings;
    char redirect[1024];
    char bye[1024];
    snprintf(redirect, sizeof(redirect), "%s/callback", s->value[BASE_URL]);
    snprintf(bye, sizeof(bye), "%s/logged-out", s->value[BASE_URL]);
    const char *id = settings_has(s, CLIENT_ID) ? s->value[CLIENT_ID] : s->value[BASE_URL];
    const char *secret = settings_has(s, CLIENT_SECRET) ? s->value[CLIENT_SECRET] : NULL;
    if (eid_client_new(s->value[ISSUER], id, secret, redirect, &p->client, err) != EID_OK ||
        eid_client_set_transaction_key(p->client, transaction_key, err) != EID_OK ||
        eid_client_set(p->client, EID_POST_LOGOUT_URI, bye, err) != EID_OK) {
        return false;
    }
    if (!set_key(p, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (settings_has(s, options[i].setting) &&
            eid_client_set(p->client, options[i].option, s->value[options[i].setting], err) !=
                EID_OK) {
            return false;
        }
    }
    return !settings_has(s, ROOT_JWK) ||
           eid_client_pin_root(p->client, s->value[ROOT_JWK], err) == EID_OK;
}

struct provider *provider_new(struct settings *settings, const unsigned char transaction_key[32])
{
    struct eid_error err = {.detail = "out of memory"};
    struct provider *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        settings_free(settings);
        return NULL;
    }
    p->settings = *settings;
    p->holders = 1;
    provider_learn(p, p->settings.value[ISSUER]);
    if (!choose_service(p)) {
        provider_drop(p);
        return NULL;
    }
    if (!configure(p, transaction_key, &err)) {
        fprintf(stderr, "event=configuration.refused code=%s detail=\"%s\"\n",
                eid_error_name(err.code), err.detail);
        provider_drop(p);
        return NULL;
    }
    return p;
}

struct provider *provider_hold(struct provider *p)
{
    p->holders++;
    return p;
}

void provider_drop(struct provider *p)
{
    if (p == NULL || --p->holders > 0) {
        return;
    }
    eid_client_free(p->client);
    settings_free(&p->settings);
    free(p);
}

void provider_learn(struct provider *p, const char *url)
{
    char origin[256];
    size_t used = strlen(p->origins);
    if (settings_origin(url, origin, sizeof(origin)) && strstr(p->origins, origin) == NULL &&
        used + strlen(origin) + 2 < sizeof(p->origins)) {
        snprintf(p->origins + used, sizeof(p->origins) - used, " %s", origin);
    }
}
