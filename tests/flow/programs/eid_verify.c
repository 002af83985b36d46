/* Verifies access tokens with libeid, as a service behind a portal does: for each line of standard
 * input (a token) one line with the name of the result.  Started several times by the story of the
 * rotation storm.
 *
 *   eid_verify ISSUER CLIENT_ID AUDIENCE warm|cold [CA_FILE [ROOT_JWK]]
 *
 * warm: one handle for all tokens; cold: a new handle, which knows no keys, for each.  CA_FILE may
 * be empty.  ROOT_JWK: the root key to pin. */
#include <eid/eid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    const char *issuer, *client_id, *audience, *ca_file, *root;
};

static struct eid_client *handle(const struct settings *s)
{
    struct eid_client *client = NULL;
    struct eid_error err;
    if (eid_client_new(s->issuer, s->client_id, NULL, NULL, &client, &err) != EID_OK ||
        eid_client_set(client, EID_COOLDOWN_S, "1", &err) != EID_OK ||
        (s->ca_file && eid_client_set(client, EID_CA_FILE, s->ca_file, &err) != EID_OK) ||
        (s->root && eid_client_pin_root(client, s->root, &err) != EID_OK)) {
        fprintf(stderr, "eid_verify: %s: %s\n", eid_error_name(err.code), err.detail);
        exit(1);
    }
    return client;
}

static void verify(struct eid_client *client, const char *token, const char *audience)
{
    struct eid_token *verified = NULL;
    struct eid_error err;
    enum eid_code code = eid_token_verify(client, token, audience, &verified, &err);
    if (code == EID_OK) {
        printf("EID_OK %s\n", eid_token_client_id(verified));
    } else {
        printf("%s %s\n", eid_error_name(code), err.detail);
    }
    fflush(stdout);
    eid_token_free(verified);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr,
                "usage: eid_verify ISSUER CLIENT_ID AUDIENCE warm|cold [CA_FILE [ROOT_JWK]]\n");
        return 2;
    }
    struct settings s = {argv[1], argv[2], argv[3], argc > 5 && argv[5][0] ? argv[5] : NULL,
                         argc > 6 ? argv[6] : NULL};
    int cold = !strcmp(argv[4], "cold");
    struct eid_client *kept = cold ? NULL : handle(&s);
    static char line[32768];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        struct eid_client *client = cold ? handle(&s) : kept;
        verify(client, line, s.audience);
        if (cold) {
            eid_client_free(client);
        }
    }
    eid_client_free(kept);
    return 0;
}
