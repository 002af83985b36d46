/* Back-channel logout, as a CGI program: the provider posts here when a person logs out elsewhere.
 *
 * Environment: EID_ISSUER, EID_CLIENT_ID, EID_CA_FILE (optional); the form on standard input, as
 * web servers hand it over.  Prints which session to end; a portal deletes it there. */
#include <eid/eid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD "logout_token="

static int refuse(const struct eid_error *err)
{
    fprintf(stderr, "%s: %s\n", eid_error_name(err->code), err->detail);
    printf("Status: 400 Bad Request\r\nCache-Control: no-store\r\n\r\n");
    return 0;
}

static void end_sessions(const struct eid_logout *logout)
{
    /* Remember eid_logout_jti until eid_logout_expires_at, and refuse it the second time. */
    if (eid_logout_sid(logout) != NULL) {
        fprintf(stderr, "ends session %s\n", eid_logout_sid(logout));
    } else {
        fprintf(stderr, "ends all sessions of %s\n", eid_logout_subject(logout));
    }
}

int main(void)
{
    struct eid_error err = {.code = EID_BAD_ARGUMENT, .detail = "the form has no " FIELD};
    struct eid_client *client = NULL;
    struct eid_logout *logout = NULL;
    static char form[64 * 1024];
    form[fread(form, 1, sizeof(form) - 1, stdin)] = '\0';
    char *token = strstr(form, FIELD);
    if (token == NULL) {
        return refuse(&err);
    }
    token += strlen(FIELD);
    token[strcspn(token, "&\r\n")] = '\0'; /* a JWT needs no percent-decoding */
    if (eid_client_new(getenv("EID_ISSUER"), getenv("EID_CLIENT_ID"), NULL, NULL, &client, &err) !=
            EID_OK ||
        eid_client_set(client, EID_CA_FILE, getenv("EID_CA_FILE"), &err) != EID_OK ||
        eid_logout_token_verify(client, token, &logout, &err) != EID_OK) {
        eid_client_free(client);
        return refuse(&err);
    }
    end_sessions(logout);
    printf("Status: 200 OK\r\nCache-Control: no-store\r\n\r\n");
    eid_logout_free(logout);
    eid_client_free(client);
    return 0;
}
