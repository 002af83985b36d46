/* Headers we obey (RFC 9110, RFC 9111, RFC 9449 section 8) and the body, bounded. */
#include "libeid/response.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/ct.h"
#include "libeid/date.h"

void response_init(struct eid_response *r)
{
    memset(r, 0, sizeof(*r));
    r->max_age_s = -1;
}

void response_done(struct eid_response *r)
{
    ct_wipe(r->body, r->size);
    free(r->body);
    r->body = NULL;
    r->size = 0;
}

struct str response_body(const struct eid_response *r)
{
    return str_of(r->body == NULL ? "" : r->body, r->size);
}

int64_t response_max_age_s(const struct eid_response *r)
{
    if (r->max_age_s <= 0) {
        return r->max_age_s;
    }
    return r->max_age_s > r->age_s ? r->max_age_s - r->age_s : 0;
}

void eid_response_set_status(struct eid_response *r, int status)
{
    r->status = status;
}

/* Cache-Control: the directives we obey. */
static void read_cache_control(struct eid_response *r, struct str value)
{
    struct str directive;
    while (str_split(&value, ',', &directive)) {
        directive = str_trim(directive);
        int64_t seconds;
        if (str_ieq(directive, STR("no-store")) || str_ieq(directive, STR("no-cache"))) {
            r->max_age_s = 0;
            return;
        }
        if (directive.n > 8 && str_ieq(str_of(directive.p, 8), STR("max-age=")) &&
            str_i64(str_of(directive.p + 8, directive.n - 8), &seconds) && seconds < INT32_MAX) {
            r->max_age_s = seconds;
        }
    }
}

/* spec: RFC 9449 §8.1 a nonce is 1*NQCHAR; anything else is no nonce */
static void read_nonce(struct eid_response *r, struct str v)
{
    if (v.n > NONCE_MAX) {
        return;
    }
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] <= ' ' || v.p[i] > '~' || v.p[i] == '"' || v.p[i] == '\\') {
            return;
        }
    }
    memcpy(r->dpop_nonce, v.p, v.n);
    r->dpop_nonce[v.n] = '\0';
}

void eid_response_set_header(struct eid_response *r, const char *name, const char *value)
{
    struct str v = str_trim(str_from(value));
    int64_t number;
    if (strcasecmp(name, "Content-Type") == 0) {
        size_t n = str_find(v, ';');
        n = n < sizeof(r->content_type) ? n : sizeof(r->content_type) - 1;
        memcpy(r->content_type, v.p, n);
        r->content_type[n] = '\0';
    } else if (strcasecmp(name, "Cache-Control") == 0) {
        read_cache_control(r, v);
    } else if (strcasecmp(name, "Age") == 0 && str_i64(v, &number) && number < INT32_MAX) {
        r->age_s = number;
    } else if (strcasecmp(name, "Retry-After") == 0 && str_i64(v, &number) && number < 86400) {
        r->retry_after_s = (int)number;
    } else if (strcasecmp(name, "Date") == 0 && date_read(v, &number)) {
        r->date_s = number;
    } else if (strcasecmp(name, "DPoP-Nonce") == 0) {
        read_nonce(r, v);
    } else if (strcasecmp(name, "WWW-Authenticate") == 0) {
        r->wants_nonce = r->wants_nonce || strstr(value, "use_dpop_nonce") != NULL;
    }
}

int eid_response_add_body(struct eid_response *r, const void *bytes, size_t n)
{
    if (n > ANSWER_MAX - r->size) {
        r->too_large = true;
        return 1;
    }
    char *grown = realloc(r->body, r->size + n + 1);
    if (grown == NULL) {
        return 1;
    }
    if (n > 0) {
        memcpy(grown + r->size, bytes, n);
    }
    r->body = grown;
    r->size += n;
    return 0;
}
