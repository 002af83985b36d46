/* Notifications.  One connection, the first for reading, listens to every channel asked for; after
 * each reconnect everybody is told once with an empty payload, because notifications may have been
 * lost. */
#include <stdlib.h>
#include <string.h>

#include "log/log.h"
#include "store/engine.h"

struct listener {
    struct listener *next;
    char channel[32];
    void (*fn)(void *arg, struct str payload);
    void *arg;
    bool stands;
};
struct listen_group {
    struct group group;
    struct pg *db;
    struct listener *one; /* NULL: all */
    bool failed;
};

static void on_result(struct group *g, size_t index, PGresult *result)
{
    struct listen_group *l = (struct listen_group *)(void *)g;
    (void)index;
    l->failed = l->failed || PQresultStatus(result) == PGRES_FATAL_ERROR;
    PQclear(result);
}

static void on_done(struct group *g, bool lost)
{
    struct listen_group *l = (struct listen_group *)(void *)g;
    for (struct listener *x = l->db->listeners; !lost && !l->failed && x != NULL; x = x->next) {
        if (l->one == NULL || l->one == x) {
            x->stands = true;
            x->fn(x->arg, STR(""));
        }
    }
    free(l);
}

static void ask(struct pg *db, struct conn *c, struct listener *one)
{
    struct listen_group *l = calloc(1, sizeof *l);
    if (l == NULL) {
        bug("pg: no memory");
    }
    *l = (struct listen_group){
        .group = {.on_result = on_result, .on_done = on_done}, .db = db, .one = one};
    for (struct listener *x = db->listeners; x != NULL; x = x->next) {
        if (one == NULL || one == x) {
            char text[48] = "LISTEN ";
            memcpy(text + 7, x->channel, sizeof x->channel);
            (void)conn_text(c, text);
        }
    }
    (void)conn_group_end(c, &l->group);
}

void pg_listen(struct pg *db, const char *channel, void (*fn)(void *arg, struct str payload),
               void *arg)
{
    struct listener *x = calloc(1, sizeof *x);
    size_t n = strlen(channel);
    if (x == NULL || n >= sizeof x->channel ||
        strspn(channel, "abcdefghijklmnopqrstuvwxyz_") != n) {
        bug("pg: cannot listen to '%s'", channel);
    }
    memcpy(x->channel, channel, n);
    x->fn = fn;
    x->arg = arg;
    x->next = db->listeners;
    db->listeners = x;
    struct conn *c = &db->of_class[CONN_READ][0];
    if (c->state == CONN_READY) {
        ask(db, c, x);
    }
}

void listen_start(struct conn *c)
{
    if (c->db->listeners != NULL) {
        ask(c->db, c, NULL);
    }
}

void listen_lost(struct pg *db)
{
    for (struct listener *x = db->listeners; x != NULL; x = x->next) {
        x->stands = false;
    }
}

bool listen_stands(const struct pg *db)
{
    bool all = db->listeners != NULL;
    for (const struct listener *x = db->listeners; x != NULL; x = x->next) {
        all = all && x->stands;
    }
    return all;
}

void listen_notified(struct pg *db, const char *channel, const char *payload)
{
    for (struct listener *x = db->listeners; x != NULL; x = x->next) {
        if (strcmp(x->channel, channel) == 0) {
            x->fn(x->arg, str_from(payload));
        }
    }
}

void listen_free(struct pg *db)
{
    while (db->listeners != NULL) {
        struct listener *x = db->listeners;
        db->listeners = x->next;
        free(x);
    }
}
