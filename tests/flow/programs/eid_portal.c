/* A portal without a page: the public interface of libeid, one call for each line of standard
 * input, one line with the outcome.  Fields are separated by tabs; the last login is kept.
 *
 *   eid_portal ISSUER CLIENT_ID REDIRECT_URI CA_FILE SECRET KEY_FILE [OPTION=VALUE…]
 *
 * CA_FILE, SECRET and KEY_FILE may be empty; OPTION is the number of an enum eid_option.
 *
 *   begin                        -> EID_OK URL TRANSACTION
 *   finish CALLBACK TRANSACTION  -> EID_OK SUBJECT TOKEN_TYPE ACCOUNT_LEVEL ACCESS_TOKEN NAME
 *   userinfo | refresh | introspect | logout
 *   proof METHOD URL             -> EID_OK PROOF
 *   api METHOD URL TOKEN PROOF   -> EID_OK SUBJECT; PROOF may be empty
 *   bearer TOKEN                 -> EID_OK SUBJECT */
#include <eid/eid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 6

static struct eid_client *client;
static struct eid_identity *who;
static struct eid_error err;
static char used[64][256];
static size_t n_used;

static void need(enum eid_code code)
{
    if (code != EID_OK) {
        fprintf(stderr, "eid_portal: %s: %s\n", eid_error_name(code), err.detail);
        exit(1);
    }
}

/* The memory of used proofs; a real service keeps it where all its machines see it. */
static int remember(void *arg, const char *jti, int64_t until_s)
{
    (void)arg;
    (void)until_s;
    for (size_t i = 0; i < n_used; i++) {
        if (strcmp(used[i], jti) == 0) {
            return 1;
        }
    }
    if (n_used == sizeof used / sizeof used[0]) {
        return -1;
    }
    snprintf(used[n_used++], sizeof used[0], "%s", jti);
    return 0;
}

static void say(enum eid_code code, const char *a, const char *b)
{
    if (code != EID_OK) {
        printf("%s\t%s\n", eid_error_name(code), err.detail);
    } else {
        printf("EID_OK\t%s\t%s\n", a ? a : "", b ? b : "");
    }
}

static void say_text(enum eid_code code, char *text)
{
    say(code, text, NULL);
    eid_text_free(text);
}

static void say_token(enum eid_code code, struct eid_token *token)
{
    say(code, token ? eid_token_subject(token) : NULL, token ? eid_token_actor(token) : NULL);
    eid_token_free(token);
}

static void begin(void)
{
    struct eid_login *login = NULL;
    enum eid_code code = eid_login_begin(client, NULL, &login, &err);
    say(code, login ? eid_login_url(login) : NULL, login ? eid_login_transaction(login) : NULL);
    eid_login_free(login);
}

static void finish(const char *callback, const char *transaction)
{
    struct eid_identity *made = NULL;
    enum eid_code code = eid_login_finish(client, callback, transaction, &made, &err);
    if (code != EID_OK) {
        say(code, NULL, NULL);
        return;
    }
    eid_identity_free(who);
    who = made;
    printf("EID_OK\t%s\t%s\t%d\t%s\t%s\n", eid_identity_subject(who), eid_identity_token_type(who),
           eid_identity_account_level(who), eid_identity_access_token(who),
           eid_identity_name(who) ? eid_identity_name(who) : "");
}

static void refresh(void)
{
    struct eid_identity *made = NULL;
    enum eid_code code = eid_identity_refresh(client, who, &made, &err);
    if (code == EID_OK) {
        eid_identity_free(who);
        who = made;
    }
    say(code, eid_identity_subject(who), eid_identity_token_type(who));
}

static void serve(char *field[FIELDS])
{
    struct eid_token *token = NULL;
    char *text = NULL;
    if (strcmp(field[0], "begin") == 0) {
        begin();
    } else if (strcmp(field[0], "finish") == 0) {
        finish(field[1], field[2]);
    } else if (strcmp(field[0], "userinfo") == 0) {
        enum eid_code code = eid_identity_userinfo(client, who, &err);
        say(code, eid_identity_email(who), NULL);
    } else if (strcmp(field[0], "refresh") == 0) {
        refresh();
    } else if (strcmp(field[0], "introspect") == 0) {
        enum eid_code code =
            eid_token_introspect(client, eid_identity_access_token(who), &token, &err);
        say_token(code, token);
    } else if (strcmp(field[0], "logout") == 0) {
        enum eid_code code = eid_logout_url(client, eid_identity_id_token(who), NULL, &text, &err);
        say_text(code, text);
    } else if (strcmp(field[0], "proof") == 0) {
        enum eid_code code = eid_dpop_proof(client, field[1], field[2],
                                            eid_identity_access_token(who), NULL, &text, &err);
        say_text(code, text);
    } else if (strcmp(field[0], "bearer") == 0) {
        enum eid_code code = eid_token_verify(client, field[1], field[2], &token, &err);
        say_token(code, token);
    } else if (strcmp(field[0], "api") == 0) {
        struct eid_dpop_request r = {.size = sizeof r, .method = field[1], .url = field[2]};
        r.proof = field[4] && field[4][0] ? field[4] : NULL;
        enum eid_code code =
            eid_token_verify_dpop(client, field[3], field[5], &r, remember, NULL, &token, &err);
        say_token(code, token);
    }
}

static void read_key(const char *path)
{
    static char key[8192];
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    key[fread(key, 1, sizeof key - 1, f)] = '\0';
    fclose(f);
    need(eid_client_set_key(client, key, &err));
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "key") == 0) {
        char *key = NULL;
        char *jwks = NULL;
        need(eid_key_new(NULL, &key, &err));
        need(eid_key_public_jwks((const char *const *)&key, 1, &jwks, &err));
        printf("%s\n%s", jwks, key);
        eid_text_free(jwks);
        eid_text_free(key);
        return 0;
    }
    if (argc < 7) {
        return 2;
    }
    need(eid_client_new(argv[1], argv[2], argv[5][0] ? argv[5] : NULL, argv[3], &client, &err));
    if (argv[4][0]) {
        need(eid_client_set(client, EID_CA_FILE, argv[4], &err));
    }
    if (argv[6][0]) {
        read_key(argv[6]);
    }
    for (int i = 7; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        need(eid_client_set(client, (enum eid_option)atoi(argv[i]), value + 1, &err));
    }
    static char line[65536];
    while (fgets(line, sizeof line, stdin)) {
        char *field[FIELDS] = {NULL};
        char *rest = line;
        line[strcspn(line, "\n")] = '\0';
        for (int i = 0; i < FIELDS && rest != NULL; i++) {
            field[i] = strsep(&rest, "\t");
        }
        serve(field);
        fflush(stdout);
    }
    eid_identity_free(who);
    eid_client_free(client);
    return 0;
}
