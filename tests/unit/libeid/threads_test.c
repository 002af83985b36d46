/* Eight threads on one handle: they verify tokens, log in and introspect while the provider turns
 * its key over and the key set goes stale again and again.  Built a second time with
 * ThreadSanitizer (libeid_threads_tsan), which sees what this one survives by luck. */
#include "scripted.h"
#include <pthread.h>
#include <stdatomic.h>

#define THREADS 8
#define ROUNDS 48
#define LOGIN_EVERY 8

/* The script is one thread's: whoever asks it holds this. */
static pthread_mutex_t script = PTHREAD_MUTEX_INITIALIZER;
static struct eid_client *client;
static const char *tokens[2]; /* of the key before, of the key after */
static atomic_int rotated;
static atomic_int rounds;
static atomic_int verified[2];
static atomic_int logins;
static atomic_int introspections;
static atomic_int failures;

/* The code carries the nonce, so that each thread gets the ID token of its own login. */
static void take_nonce(const char *body)
{
    const char *code = body == NULL ? NULL : strstr(body, "&code=");
    if (code == NULL) {
        return;
    }
    code += strlen("&code=");
    json_object_del(sp.id_claims, "nonce");
    sp.nonce = str_dup(sp.arena, str_of(code, strcspn(code, "&")));
}

static int locked_transport(void *arg, const struct eid_request *request,
                            struct eid_response *response, char why[128])
{
    pthread_mutex_lock(&script);
    take_nonce(request->body);
    int result = scripted_transport(arg, request, response, why);
    pthread_mutex_unlock(&script);
    return result;
}

static void complain(const char *what, const struct eid_error *err)
{
    print_error("%s: %s: %s\n", what, eid_error_name(err->code), err->detail);
    atomic_fetch_add(&failures, 1);
}

static void verify(int which)
{
    struct eid_error err;
    struct eid_token *t = NULL;
    if (eid_token_verify(client, tokens[which], NULL, &t, &err) != EID_OK ||
        strcmp(eid_token_subject(t), "person-1") != 0) {
        complain("verify", &err);
    }
    eid_token_free(t);
    atomic_fetch_add(&verified[which], 1);
}

static void introspect(void)
{
    struct eid_error err;
    struct eid_token *t = NULL;
    if (eid_token_introspect(client, "at-1", &t, &err) != EID_OK) {
        complain("introspect", &err);
    }
    eid_token_free(t);
    atomic_fetch_add(&introspections, 1);
}

/* One parameter of the URL; what the library puts in needs no decoding. */
static void copy_param(const char *url, const char *name, char *out, size_t size)
{
    const char *at = strstr(url, name);
    at = at == NULL ? "" : at + strlen(name);
    snprintf(out, size, "%.*s", (int)strcspn(at, "&"), at);
}

static void log_in(void)
{
    struct eid_error err;
    struct eid_login *login = NULL;
    struct eid_identity *who = NULL;
    char state[128], nonce[128], callback[512];
    if (eid_login_begin(client, NULL, &login, &err) != EID_OK) {
        complain("begin", &err);
        return;
    }
    copy_param(eid_login_url(login), "state=", state, sizeof(state));
    copy_param(eid_login_url(login), "nonce=", nonce, sizeof(nonce));
    snprintf(callback, sizeof(callback),
             REDIRECT "?code=%s&state=%s&iss=https%%3A%%2F%%2Fid.example.vn", nonce, state);
    if (eid_login_finish(client, callback, eid_login_transaction(login), &who, &err) != EID_OK ||
        eid_identity_account_level(who) != 2) {
        complain("finish", &err);
    }
    eid_identity_free(who);
    eid_login_free(login);
    atomic_fetch_add(&logins, 1);
}

/* In the middle, by whoever comes first: the next key is published and signs from now on. */
static void rotate(void)
{
    pthread_mutex_lock(&script);
    sp.n_published = 2;
    sp.signer = 1;
    pthread_mutex_unlock(&script);
    atomic_store(&rotated, 1);
}

static void *work(void *arg)
{
    int which = *(const int *)arg;
    for (int i = 0; i < ROUNDS; i++) {
        if (atomic_fetch_add(&rounds, 1) == THREADS * ROUNDS / 2) {
            rotate();
        }
        verify(0);
        if (atomic_load(&rotated) != 0) {
            verify(1);
        }
        if (i % LOGIN_EVERY == which) {
            log_in();
            introspect();
        }
    }
    return NULL;
}

static const char *token_of(const struct scripted_key *key)
{
    int64_t now = clock_now_s();
    json_t *claims =
        json_own(sp.arena, json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "iss", ISSUER, "aud", CLIENT,
                                     "sub", "person-1", "client_id", "c", "jti", "j", "iat",
                                     (json_int_t)now, "exp", (json_int_t)(now + 3600)));
    return str_z(sp.arena, key_sign(key, "at+jwt", claims));
}

static void eight_threads_on_one_handle_through_a_rotation(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int names[THREADS];
    tokens[0] = token_of(&sp.keys[0]);
    tokens[1] = token_of(&sp.keys[1]);
    sp.introspection = "{\"active\":true,\"sub\":\"person-1\"}";
    sp.keys_cache_control = "max-age=1";
    client = client_new();
    eid_client_set_transport(client, locked_transport, NULL);
    assert_int_equal(eid_client_set(client, EID_COOLDOWN_S, "0", NULL), EID_OK);
    for (int i = 0; i < THREADS; i++) {
        names[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &names[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    eid_client_free(client);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(atomic_load(&verified[0]), THREADS * ROUNDS);
    assert_true(atomic_load(&verified[1]) > THREADS);
    assert_int_equal(atomic_load(&logins), THREADS * (ROUNDS / LOGIN_EVERY));
    assert_int_equal(atomic_load(&introspections), atomic_load(&logins));
    assert_true(sp.keys_asked >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(eight_threads_on_one_handle_through_a_rotation, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
