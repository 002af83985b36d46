#include "people.h"

#include "base/clock.h"
#include "fixture.h"
#include "store/bucket_key.h"
#include "store/client.h"

const struct str CLIENT = STR("portal"), TOLD = STR("told"), SILENT = STR("silent");
struct logged_in logged_in;

enum err vault_open(struct vault **out)
{
    struct pg_settings s = {.host = socket_dir(),
                            .database = getenv("STORE_DB"),
                            .user = "authd_verifier",
                            .port = 5432,
                            .role = "verifier"};
    return vault_new(&s, out);
}

struct str random_name(struct task *t, const char *prefix)
{
    return str_fmt(t->arena, "%s-%08x%08x", prefix, rand_below(UINT32_MAX), rand_below(UINT32_MAX));
}

enum err person_add(struct task *t, struct uuid *out)
{
    struct uuid id;
    uuid_random(&id);
    struct lookup_new lookup = {.kind = STR("personal_number"), .key_version = 1};
    rand_bytes(lookup.digest, sizeof lookup.digest);
    struct audit audit = audit_of(t, AUDIT_IDENTITY_ADDED);
    struct identity_new v = {
        .row = {.id = id,
                .bucket = bucket_of(&id),
                .kind = STR("person"),
                .state = STR("active"),
                .account_level = 2,
                .province = 1},
        .document = {.kind = STR("person"),
                     .version = 1,
                     .sealed = STR("sealed"),
                     .wrapped_key = STR("wrapped key"),
                     .bucket = bucket_of(&id),
                     .bucket_key_version = 1,
                     .wrapped_bucket_key = STR("bucket key under the master")},
        .lookups = &lookup,
        .n_lookups = 1,
        .actor = STR("test"),
        .legal_ground = STR("Decree 69/2024"),
    };
    struct bucket_key_row *keys;
    size_t n;
    TRY(store_bucket_keys_newest(t, admin(t), &v.row.bucket, 1, &keys, &n));
    v.bucket_key_is_new = n == 0;
    TRY(store_identity_add(t, admin(t), &v, 1, &audit));
    *out = id;
    return OK;
}

enum err client_add(struct task *t, struct str id, bool wants_logout)
{
    struct audit audit = audit_of(t, AUDIT_CLIENT_CREATED);
    struct client_row row = {
        .id = id,
        .active = true,
        .metadata = wants_logout ? STR("{\"backchannel_logout_uri\":\"https://rp.example/logout\"}")
                                 : STR("{\"client_name\":\"x\"}"),
        .authentication_level_floor = 1,
        .sector = STR("rp.example"),
    };
    struct sha256 secret = sha256(id);
    return store_client_create(t, admin(t), &row, &secret, &audit);
}

enum err session_find(struct task *t, struct pg *db, const struct handle *h, int64_t idle_s,
                      struct session_row *out)
{
    struct consent_row nobody_asked;
    return store_session_find(t, db, h, idle_s, STR_NONE, out, &nobody_asked);
}

uint32_t generation_of(struct task *t, const struct uuid *person)
{
    return (uint32_t)atoi(
        sql("SELECT generation FROM identity WHERE id = '%s'", uuid_text(t->arena, person).p));
}

enum err session_add(struct task *t, const struct uuid *person, struct handle *h,
                     struct session_row *out)
{
    return session_judged(t, person, generation_of(t, person), h, out);
}

enum err session_judged(struct task *t, const struct uuid *person, uint32_t generation,
                        struct handle *h, struct session_row *out)
{
    struct audit audit = audit_of(t, AUDIT_LOGIN);
    uint16_t bucket = bucket_of(person);
    handle_make(NULL, bucket, h);
    *out = (struct session_row){.bucket = bucket,
                                .hash = h->hash,
                                .subject = *person,
                                .actor = *person,
                                .proof = STR("proof"),
                                .account_level = 2,
                                .authentication_level = 2,
                                .amr = AMR_PWD,
                                .auth_time = clock_now_s(),
                                .expires_at = clock_now_s() + 3600,
                                .generation = generation};
    uuid_random(&out->id);
    audit.bucket = bucket;
    audit.subject = audit.actor = *person;
    return store_session_create(t, web(t), out, NULL, NULL, &audit);
}

enum err grant_add(struct task *t, const struct session_row *s, struct str client, bool offline,
                   struct handle *code, struct grant_row *out)
{
    return grant_resting(t, s, client, offline, NULL, code, out);
}

enum err grant_resting(struct task *t, const struct session_row *s, struct str client, bool offline,
                       const struct uuid *consent_id, struct handle *code, struct grant_row *out)
{
    struct audit audit = audit_of(t, AUDIT_GRANT);
    handle_make(NULL, s->bucket, code);
    *out = (struct grant_row){.bucket = s->bucket,
                              .subject = s->subject,
                              .actor = s->actor,
                              .session = s->id,
                              .client_id = client,
                              .sid = STR("sid"),
                              .scope = STR("openid profile"),
                              .claims = STR("{\"userinfo\": [\"name\"]}"),
                              .resource = STR("https://a.example https://b.example"),
                              .offline = offline,
                              .proof = STR("grant proof"),
                              .auth_time = s->auth_time,
                              .expires_at = clock_now_s() + 3600};
    uuid_random(&out->id);
    struct code_row row = {.hash = code->hash,
                           .client_id = client,
                           .redirect_uri = STR("https://rp.example/cb"),
                           .code_challenge = STR("challenge"),
                           .proof = STR("code proof"),
                           .expires_at = clock_now_s() + 60};
    struct consent_row consent = {.scope = STR("openid profile"), .claims = STR("[\"name\"]")};
    audit.bucket = s->bucket;
    audit.subject = s->subject;
    struct grant_new in = {.grant = out,
                           .code = &row,
                           .consent = consent_id == NULL ? &consent : NULL,
                           .consent_id = consent_id,
                           .audit = &audit};
    return store_grant_create(t, web(t), &in);
}

enum err refresh_add(struct task *t, const struct session_row *s, struct str client,
                     struct handle *refresh, struct grant_row *out)
{
    struct handle code;
    struct code_row row;
    struct audit audit = audit_of(t, AUDIT_TOKEN_CODE);
    TRY(grant_add(t, s, client, true, &code, out));
    TRY(store_code_find(t, web(t), &code, &row));
    handle_make(NULL, s->bucket, refresh);
    struct refresh_new first = {
        .hash = refresh->hash, .proof = STR("refresh proof"), .expires_at = clock_now_s() + 3600};
    return store_code_redeem(t, web(t), &row, &first, &audit);
}

enum err rotate(struct task *t, const struct handle *old, struct handle *successor, int64_t grace_s)
{
    struct refresh_row row;
    struct audit audit = audit_of(t, AUDIT_TOKEN_REFRESH);
    TRY(store_refresh_find(t, web(t), old, &row));
    handle_make(NULL, row.grant.bucket, successor);
    struct refresh_new next = {
        .hash = successor->hash, .proof = STR("refresh proof"), .expires_at = clock_now_s() + 3600};
    return store_refresh_rotate(t, web(t), &row, &next, grace_s, &audit);
}

/* The world after `fn` ran in it as a task. */
static int open_with(task_fn *fn, void **state)
{
    if (world_open(state) != 0) {
        return -1;
    }
    start(fn, NULL);
    loop_run(world.loop);
    return checks_failed;
}

static void log_in(struct task *t, void *arg)
{
    (void)arg;
    CHECK_OK(client_add(t, CLIENT, true));
    CHECK_OK(person_add(t, &logged_in.person));
    CHECK_OK(session_add(t, &logged_in.person, &logged_in.cookie, &logged_in.session));
}

int open_with_session(void **state)
{
    return open_with(log_in, state);
}

static void add_clients(struct task *t, void *arg)
{
    (void)arg;
    CHECK_OK(client_add(t, TOLD, true));
    CHECK_OK(client_add(t, SILENT, false));
}

int open_with_clients(void **state)
{
    return open_with(add_clients, state);
}

static void make_grant(struct task *t, void *arg)
{
    struct revocation *r = arg;
    struct handle code;
    struct grant_row grant;
    CHECK_OK(grant_add(t, &logged_in.session, CLIENT, false, &code, &grant));
    r->grant = grant.id;
    r->bucket = grant.bucket;
}

struct revocation new_grant(void)
{
    struct revocation r = {0};
    start(make_grant, &r);
    finish();
    return r;
}

void grant_end(struct task *t, void *arg)
{
    struct revocation *r = arg;
    struct audit audit = audit_of(t, AUDIT_REVOKED);
    audit.bucket = r->bucket;
    audit.grant = r->grant;
    r->result = store_grant_revoke(t, web(t), r->bucket, &r->grant, STR("test"), &audit);
    r->done = true;
}

const char *entries_of(const struct revocation *r)
{
    struct arena *a = arena_new(0);
    const char *n =
        sql("SELECT count(*) FROM audit WHERE event = 'grant.revoked' AND grant_id = '%s'",
            uuid_text(a, &r->grant).p);
    arena_free(a);
    return n;
}
