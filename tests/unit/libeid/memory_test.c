/* links: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strndup */
/* Memory that ends: the n-th allocation fails, for every n of a whole login and a verification. The
 * call must fail in order: a code, no crash, no leak (AddressSanitizer's build looks for those),
 * and the handle works again afterwards.  Our own allocations only: jansson 2.14 itself crashes
 * when memory ends in its reader. */
#include "scripted.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
char *__real_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

/* Allocations until one fails; 0: none does.  Only inside libeid: the script's own are not counted.
 */
static unsigned left;

static bool fails(void)
{
    return left > 0 && --left == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strndup(const char *s, size_t n)
{
    return fails() ? NULL : __real_strndup(s, n);
}

/* The script allocates without fear. */
static int calm_transport(void *arg, const struct eid_request *request,
                          struct eid_response *response, char why[128])
{
    unsigned before = left;
    left = 0;
    int result = scripted_transport(arg, request, response, why);
    left = before;
    return result;
}

static enum eid_code log_in_and_verify(unsigned n, bool *used)
{
    struct eid_client *c = client_new();
    eid_client_set_transport(c, calm_transport, NULL);
    struct eid_login *login = NULL;
    struct eid_identity *i = NULL;
    json_object_del(sp.id_claims, "nonce");
    left = n;
    enum eid_code code = eid_login_begin(c, NULL, &login, NULL);
    unsigned rest = left;
    left = 0;
    if (code == EID_OK) {
        sp.nonce = url_param(asked_of(login), "nonce");
        const char *callback = callback_url(str_z(sp.arena, url_param(asked_of(login), "state")));
        left = rest;
        code = eid_login_finish(c, callback, eid_login_transaction(login), &i, NULL);
        rest = left;
        left = 0;
    }
    *used = rest == 0;
    eid_identity_free(i);
    eid_login_free(login);
    struct eid_error err;
    json_object_del(sp.id_claims, "nonce");
    assert_int_equal(login_with(c, NULL, &err), EID_OK);
    eid_client_free(c);
    return code;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    bool used = true;
    unsigned failed = 0;
    unsigned n = 1;
    for (; used && n < 5000; n++) {
        failed += log_in_and_verify(n, &used) != EID_OK;
    }
    assert_in_range(n, 20, 5000);
    assert_int_equal(failed, n - 2); /* all but the last round, which had enough */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
