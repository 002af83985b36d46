/* How every process connects to PostgreSQL. */
#include "store/conninfo.h"

#include <stddef.h>

static void put(struct conninfo *info, size_t *n, const char *key, const char *value)
{
    if (value != NULL) {
        info->keys[*n] = key;
        info->values[(*n)++] = value;
    }
}

struct conninfo conninfo_of(const struct conninfo_where *where)
{
    struct conninfo info = {0};
    size_t n = 0;
    put(&info, &n, "host", where->host);
    put(&info, &n, "port", where->port);
    put(&info, &n, "dbname", where->database);
    put(&info, &n, "user", where->user);
    put(&info, &n, "password", where->password == NULL ? "" : where->password);
    put(&info, &n, "passfile", "/nonexistent");
    put(&info, &n, "sslmode", "disable");
    put(&info, &n, "gssencmode", "disable");
    put(&info, &n, "client_encoding", "UTF8");
    put(&info, &n, "application_name", where->name == NULL ? "authd" : where->name);
    return info;
}
