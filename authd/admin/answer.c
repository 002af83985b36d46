/* How answers say times and ids: ISO 8601 in UTC, lower case UUIDs.  The same for people and for
 * programs. */
#include "admin/admin.h"

#include <stdio.h>
#include <time.h>

#include "signer/handle.h"

json_t *answer_time(int64_t seconds)
{
    if (!seconds) {
        return json_null();
    }
    time_t at = (time_t)seconds;
    struct tm parts;
    char text[32];
    if (!gmtime_r(&at, &parts) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)) {
        return json_null();
    }
    return json_string(text);
}

enum err answer_time_read(struct str text, int64_t *out)
{
    char z[32];
    struct tm parts = {0};
    if (text.n >= sizeof z) {
        return fail(ERR_INPUT, "a time is written 2027-01-31T03:00:00Z");
    }
    (void)snprintf(z, sizeof z, "%.*s", STR_FMT(text));
    const char *end = strptime(z, "%Y-%m-%dT%H:%M:%SZ", &parts);
    time_t at = end && !*end ? timegm(&parts) : -1;
    if (at <= 0) {
        return fail(ERR_INPUT, "a time is written 2027-01-31T03:00:00Z");
    }
    *out = (int64_t)at;
    return OK;
}

json_t *answer_uuid(struct arena *a, const struct uuid *id)
{
    return uuid_is_none(id) ? json_null() : json_str(uuid_text(a, id));
}

json_t *answer_rows(struct arena *a, json_t *rows)
{
    json_t *result = json_own(a, json_object());
    json_object_set_new(result, "rows", rows);
    return result;
}
