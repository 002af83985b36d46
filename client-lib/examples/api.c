/* An API that takes access tokens, as a CGI program: any web server can run it.
 *
 * Environment: EID_ISSUER, EID_AUDIENCE (who we are), EID_CA_FILE and EID_CACHE (both optional),
 * and HTTP_AUTHORIZATION as the server passes it.  Tokens are verified here, with the provider's
 * keys; with EID_CACHE even while the provider is away. */
#include <eid/eid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCOPE "household:read"

/* RFC 6750 section 3: what a refusal looks like. */
static int refuse(const char *status, const char *error, const struct eid_error *err)
{
    fprintf(stderr, "%s: %s\n", eid_error_name(err->code), err->detail);
    printf("Status: %s\r\nWWW-Authenticate: Bearer error=\"%s\", scope=\"" SCOPE "\"\r\n\r\n",
           status, error);
    return 0;
}

static int answer(const struct eid_token *token)
{
    struct eid_error err = {.code = EID_TOKEN_REFUSED, .detail = "lacks " SCOPE};
    if (!eid_token_has_scope(token, SCOPE)) {
        return refuse("403 Forbidden", "insufficient_scope", &err);
    }
    printf("Status: 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\r\n");
    printf("{\"household_of\": \"%s\"}\n", eid_token_subject(token));
    return 0;
}

int main(void)
{
    struct eid_error err;
    struct eid_client *client = NULL;
    struct eid_token *token = NULL;
    const char *given = getenv("HTTP_AUTHORIZATION");
    const char *us = getenv("EID_AUDIENCE");
    if (eid_client_new(getenv("EID_ISSUER"), us, NULL, NULL, &client, &err) != EID_OK ||
        eid_client_set(client, EID_CA_FILE, getenv("EID_CA_FILE"), &err) != EID_OK ||
        eid_client_set(client, EID_CACHE_FILE, getenv("EID_CACHE"), &err) != EID_OK) {
        eid_client_free(client);
        return refuse("500 Internal Server Error", "server_error", &err);
    }
    if (given != NULL && strncasecmp(given, "Bearer ", 7) == 0) {
        given += 7;
    }
    int status = eid_token_verify(client, given, us, &token, &err) == EID_OK
                     ? answer(token)
                     : refuse("401 Unauthorized", "invalid_token", &err);
    eid_token_free(token);
    eid_client_free(client);
    return status;
}
