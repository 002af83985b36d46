/* The list of servers of database.host. */
#include "store/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static enum err check(struct str one)
{
    if (!str_starts(one, STR("/"))) {
        return fail(ERR_INPUT,
                    "pg: '%.*s' is not a directory: PostgreSQL is reached over Unix sockets only, "
                    "a remote one through a local PgBouncer",
                    STR_FMT(one));
    }
    return OK;
}

enum err hosts_init(const char *list, struct hosts *out)
{
    struct hosts h = {0};
    struct str rest = str_from(list), one;
    if (!str_is(rest)) {
        return fail(ERR_INPUT, "pg: no directory of the database's socket given");
    }
    while (str_split(&rest, ',', &one)) {
        TRY(check(one));
        if (h.n++ == HOSTS_MAX) {
            return fail(ERR_LIMIT, "pg: more than %d hosts", HOSTS_MAX);
        }
    }
    h.text = strdup(list);
    if (h.text == NULL) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    char *pieces = h.text, *piece;
    for (h.n = 0; (piece = strsep(&pieces, ",")) != NULL;) {
        h.of[h.n++] = piece;
    }
    *out = h;
    return OK;
}

void hosts_done(struct hosts *h)
{
    free(h->text);
    *h = (struct hosts){0};
}

size_t hosts_next(const struct hosts *h, size_t host)
{
    return (host + 1) % h->n;
}
