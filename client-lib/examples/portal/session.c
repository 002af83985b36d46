/* A table small enough to be searched from front to back. */
#include "session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SESSIONS_MAX 4096
#define IDLE_S (30 * 60)
#define ABSOLUTE_S (8 * 3600)
#define CONFIRMED_S (5 * 60)

static struct session *sessions[SESSIONS_MAX];

static int64_t mono_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

bool random_text(char out[SESSION_ID_TEXT + 1])
{
    unsigned char bytes[SESSION_ID_TEXT / 2];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
    return true;
}

bool same_secret(const char *a, const char *b)
{
    size_t n = strlen(a);
    if (n != strlen(b)) {
        return false;
    }
    unsigned different = 0;
    for (size_t i = 0; i < n; i++) {
        different |= (unsigned)(a[i] ^ b[i]);
    }
    return different == 0;
}

static bool has_ended(const struct session *s)
{
    int64_t now = mono_s();
    return now - s->seen_at_s > IDLE_S || now - s->begun_at_s > ABSOLUTE_S;
}

static void drop(size_t i)
{
    eid_identity_free(sessions[i]->identity);
    explicit_bzero(sessions[i], sizeof(*sessions[i]));
    free(sessions[i]);
    sessions[i] = NULL;
}

static bool is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* A place, after those that ended have made room; SESSIONS_MAX: none. */
static size_t place_find(void)
{
    size_t place = SESSIONS_MAX;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sessions[i] != NULL && has_ended(sessions[i])) {
            drop(i);
        }
        if (sessions[i] == NULL && place == SESSIONS_MAX) {
            place = i;
        }
    }
    return place;
}

struct session *session_begin(struct eid_identity *identity, struct session *before)
{
    /* A new id at every login: whoever planted the old one in this browser gains nothing. */
    struct session *s = calloc(1, sizeof(*s));
    size_t place = place_find();
    if (s == NULL || place == SESSIONS_MAX || !random_text(s->id) || !random_text(s->csrf)) {
        free(s);
        return NULL;
    }
    s->identity = identity;
    s->begun_at_s = mono_s();
    s->seen_at_s = s->begun_at_s;
    if (before != NULL &&
        is_same(eid_identity_subject(before->identity), eid_identity_subject(identity))) {
        memcpy(s->draft, before->draft, sizeof(s->draft));
        memcpy(s->draft_id, before->draft_id, sizeof(s->draft_id));
        memcpy(s->filed, before->filed, sizeof(s->filed));
        s->n_filed = before->n_filed;
        s->complete = before->complete;
    }
    session_end(before);
    sessions[place] = s;
    return s;
}

struct session *session_find(const char *id)
{
    for (size_t i = 0; id != NULL && i < SESSIONS_MAX; i++) {
        if (sessions[i] == NULL || !same_secret(sessions[i]->id, id)) {
            continue;
        }
        if (has_ended(sessions[i])) {
            drop(i);
            return NULL;
        }
        sessions[i]->seen_at_s = mono_s();
        return sessions[i];
    }
    return NULL;
}

bool session_is_confirmed(const struct session *s)
{
    return s->confirmed && mono_s() - s->begun_at_s <= CONFIRMED_S;
}

void session_end(struct session *s)
{
    for (size_t i = 0; s != NULL && i < SESSIONS_MAX; i++) {
        if (sessions[i] == s) {
            drop(i);
            return;
        }
    }
}

unsigned session_end_matching(const char *subject, const char *sid)
{
    unsigned ended = 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sessions[i] == NULL) {
            continue;
        }
        const struct eid_identity *who = sessions[i]->identity;
        bool match = sid != NULL ? is_same(eid_identity_sid(who), sid)
                                 : is_same(eid_identity_subject(who), subject);
        if (match) {
            drop(i);
            ended++;
        }
    }
    return ended;
}

void session_end_all(void)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sessions[i] != NULL) {
            drop(i);
        }
    }
}

void session_add_filed(struct session *s, const char *receipt, const char *subject)
{
    if (s->n_filed == FILED_MAX) {
        memmove(s->filed, s->filed + 1, sizeof(s->filed) - sizeof(s->filed[0]));
        s->n_filed--;
    }
    struct filed *f = &s->filed[s->n_filed++];
    snprintf(f->receipt, sizeof(f->receipt), "%s", receipt);
    snprintf(f->subject, sizeof(f->subject), "%s", subject);
    f->at = (int64_t)time(NULL);
}
