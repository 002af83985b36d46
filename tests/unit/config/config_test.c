/* The configuration: what is refused, with line and cure; defaults; secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/arena.h"
#include "config/config.h"

#define LEAST "issuer = \"http://127.0.0.1:8080\"\nkeys { master_key_file = \"/x\" }\n"

static enum err parse(const char *text, struct config **out)
{
    return config_parse(str_from(text), "test.conf", out);
}

/* spec: OpenID Discovery §3:issuer, RFC 8414 §2:issuer; RFC 6749 §3.1:tls */
static void refuses_with_line_and_cure(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } bad[] = {
        {LEAST "nonsense = 1\n", "test.conf:3: no such option 'nonsense'"},
        {LEAST "server { nonsense = 1 }\n", "test.conf:3: no such option 'nonsense'"},
        {LEAST "server|stacks = 9\n", "test.conf:3: stacks must stand inside its section"},
        {LEAST "database { web|user = \"a\" }\n", "test.conf:3: user must stand inside"},
        {LEAST "server {\n\n stacks = many\n}\n", "test.conf:5: invalid integer value"},
        {LEAST "server {\n stacks = 1\n}\n", "test.conf:4: server.stacks is 1; it must be from 4"},
        {LEAST "development { login_throttle = perhaps }\n", "test.conf:3: invalid boolean value"},
        {LEAST "log { level = \"loud\" }\n",
         "test.conf:3: log.level: loud is unknown; write error"},
        {LEAST "server { stacks = 8\n stacks = 9 }\n", "stands in line 3 already"},
        {LEAST "database { web { user = \"a\"\n user = \"b\" } }\n", "database.web.user stands in"},
        {LEAST "server { listen = \"0.0.0.0:80\" }\n", "plain http is for loopback only"},
        {LEAST "server { listen = \"here:80\" }\n", "not a numeric address"},
        {LEAST "server { listen = \"127.0.0.1\" }\n", "write address:port"},
        {LEAST "server { listen = \"127.0.0.1:65536\" }\n", "write address:port"},
        {LEAST "server { tls_key_file = \"/k\" }\n", "give both"},
        {LEAST "server { trusted_proxy = \"proxy\" }\n", "not a numeric address"},
        {LEAST "database { host = \"db.example.vn\" }\n", "PgBouncer"},
        {LEAST "database { host = \"/run/a,localhost\" }\n", "PgBouncer"},
        {LEAST "run_dir = \"run\"\n", "absolute path"},
        {LEAST "lifetimes { session_idle_s = 100\n session_s = 90 }\n", "is longer than session_s"},
        {LEAST "passwords { argon2_memory_kib = 8192 argon2_lanes = 17 }\n", "from 1 to 16"},
        {"keys { master_key_file = \"/x\" }\n", "issuer is missing"},
        {"issuer = \"http://127.0.0.1:8080\"\n", "keys.master_key_file is missing"},
        {"issuer = \"http://id.example.vn\"\nkeys { master_key_file = \"/x\" }\n",
         "test.conf:1: issuer: plain http is for loopback only"},
        {"issuer = \"https://id.example.vn\"\nkeys { master_key_file = \"/x\" }\n"
         "development { sandbox = true }\n",
         "test.conf:3: development.sandbox: is for loopback only, and the issuer is"},
        {"issuer = \"https://id.example.vn/\"\nkeys { master_key_file = \"/x\" }\n", "slash"},
        {"issuer = \"https://id.example.vn/a\"\nkeys { master_key_file = \"/x\" }\n", "no path"},
        {"issuer = \"https://id.example.vn?a\"\nkeys { master_key_file = \"/x\" }\n", "query"},
        {"issuer = \"id.example.vn\"\nkeys { master_key_file = \"/x\" }\n", "not a URL"},
        {"server {", "test.conf"},
        {"}", "test.conf"},
        {"issuer = \"http", "test.conf"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct config *c = NULL;
        assert_int_equal(parse(bad[i].text, &c), ERR_INPUT);
        assert_null(c);
        if (strstr(err_reason(), bad[i].reason) == NULL) {
            print_error("%zu: \"%s\" lacks \"%s\"\n", i, err_reason(), bad[i].reason);
            assert_true(false);
        }
    }
}

static void refuses_what_is_not_text(void **state)
{
    (void)state;
    struct config *c = NULL;
    assert_int_equal(config_parse(STR("issuer\0= 1"), "test.conf", &c), ERR_INPUT);
    char *large = calloc(1, CONFIG_SIZE_MAX + 2);
    memset(large, '#', CONFIG_SIZE_MAX + 1);
    assert_int_equal(config_parse(str_of(large, CONFIG_SIZE_MAX + 1), "test.conf", &c), ERR_INPUT);
    free(large);
}

static void gives_defaults_for_what_is_left_out(void **state)
{
    (void)state;
    struct config *c = NULL;
    assert_int_equal(parse(LEAST, &c), OK);
    assert_string_equal(c->listen, "127.0.0.1:8080");
    assert_string_equal(c->listen_host, "127.0.0.1");
    assert_string_equal(c->listen_port, "8080");
    assert_string_equal(c->issuer_host, "127.0.0.1:8080");
    assert_string_equal(c->db_web.user, "authd_web");
    assert_string_equal(c->db_verifier.user, "authd_verifier");
    assert_true(c->web_processes >= 1);
    assert_true(c->login_throttle);
    assert_false(c->tls);
    assert_int_equal(c->jwks_max_age_s, 86400);
    assert_string_equal(c->path, "test.conf");
    config_free(c);
}

static void takes_what_is_written(void **state)
{
    (void)state;
    struct config *c = NULL;
    assert_int_equal(
        parse("issuer = \"https://id.example.vn\"\n"
              "server { listen = \"[::]:443\"\n tls_certificate_file = \"/c\"\n"
              " tls_key_file = \"credential:key\"\n stacks = 64 }\n"
              "processes { web = 3 }\n"
              "database { port = 5433\n web { user = \"w\"\n password_file = \"/p\" } }\n"
              "keys { master_key_file = \"credential:master\" }\n"
              "development { login_throttle = false }\n",
              &c),
        OK);
    assert_true(c->tls);
    assert_string_equal(c->listen_host, "::");
    assert_int_equal(c->stacks, 64);
    assert_int_equal(c->web_processes, 3);
    assert_int_equal(c->db_port, 5433);
    assert_string_equal(c->db_web.user, "w");
    assert_string_equal(c->db_web.password_file, "/p");
    assert_false(c->login_throttle);
    config_free(c);
}

static void every_option_can_be_set_by_its_name(void **state)
{
    (void)state;
    size_t n;
    const struct config_option *all = config_options(&n);
    assert_true(n > 40);
    for (size_t i = 0; i < n; i++) {
        assert_true(strlen(all[i].help) > 5);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(all[i].name, all[k].name);
        }
    }
}

static char folder[] = "/tmp/authd-config-XXXXXX";
static char path[64];

static void write_secret(const char *text, size_t n, mode_t mode)
{
    snprintf(path, sizeof(path), "%s/secret", folder);
    (void)unlink(path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static void refuses_secrets_that_others_can_read(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str s;
    write_secret("pw", 2, 0640);
    assert_int_equal(config_secret(a, path, &s), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "chmod 600"));
    write_secret("pw", 2, 0604);
    assert_int_equal(config_secret(a, path, &s), ERR_INPUT);
    write_secret("", 0, 0600);
    assert_int_equal(config_secret(a, path, &s), ERR_INPUT);
    write_secret("a\0b", 3, 0600);
    assert_int_equal(config_secret(a, path, &s), ERR_INPUT);
    assert_int_equal(config_secret(a, folder, &s), ERR_INPUT);
    assert_int_equal(config_secret(a, "/nowhere/at/all", &s), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "/nowhere/at/all can't be opened"));
    arena_free(a);
}

static void refuses_credentials_outside_of_their_folder(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str s;
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_int_equal(config_secret(a, "credential:secret", &s), ERR_INPUT);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    assert_int_equal(config_secret(a, "credential:../secret", &s), ERR_INPUT);
    assert_int_equal(config_secret(a, "credential:", &s), ERR_INPUT);
    write_secret("abc\n", 4, 0440);
    assert_int_equal(config_secret(a, "credential:secret", &s), OK);
    assert_true(str_eqz(s, "abc"));
    arena_free(a);
}

static void reads_a_secret_without_its_last_newline(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str s;
    write_secret("a b\n\n", 5, 0400);
    assert_int_equal(config_secret(a, path, &s), OK);
    assert_true(str_eqz(s, "a b\n"));
    arena_free(a);
}

static void refuses_a_file_whose_secrets_can_not_be_read(void **state)
{
    (void)state;
    char conf[80];
    struct config *c = NULL;
    snprintf(conf, sizeof(conf), "%s/authd.conf", folder);
    FILE *f = fopen(conf, "w");
    assert_non_null(f);
    fprintf(f, "issuer = \"http://127.0.0.1:8080\"\n\nkeys { master_key_file = \"%s/none\" }\n",
            folder);
    fclose(f);
    assert_int_equal(config_read(conf, &c), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "authd.conf:3: keys.master_key_file: "));
    write_secret("abc\n", 4, 0600);
    f = fopen(conf, "w");
    assert_non_null(f);
    fprintf(f, "issuer = \"http://127.0.0.1:8080\"\n\nkeys { master_key_file = \"%s\" }\n", path);
    fclose(f);
    assert_int_equal(config_read(conf, &c), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "64 hex digits"));
    (void)unlink(conf);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_line_and_cure),
        cmocka_unit_test(refuses_what_is_not_text),
        cmocka_unit_test(gives_defaults_for_what_is_left_out),
        cmocka_unit_test(takes_what_is_written),
        cmocka_unit_test(every_option_can_be_set_by_its_name),
        cmocka_unit_test(refuses_secrets_that_others_can_read),
        cmocka_unit_test(refuses_credentials_outside_of_their_folder),
        cmocka_unit_test(reads_a_secret_without_its_last_newline),
        cmocka_unit_test(refuses_a_file_whose_secrets_can_not_be_read),
    };
    return cmocka_run_group_tests_name("config", tests, make_folder, remove_folder);
}
