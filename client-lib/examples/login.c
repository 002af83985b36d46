/* Single-account login at a terminal:  login ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI [CA_FILE]
 *
 * Prints the URL to open, reads the URL the browser came back with, prints who it is. */
#include <eid/eid.h>
#include <stdio.h>
#include <string.h>

static int complain(const struct eid_error *err)
{
    fprintf(stderr, "%s: %s\n%s\n", eid_error_name(err->code), err->detail, /* for the log */
            eid_error_text(err->code, "en"));                               /* for the person */
    return 1;
}

static int log_in(struct eid_client *client)
{
    struct eid_error err;
    struct eid_login *login = NULL;
    struct eid_identity *who = NULL;
    char answer[8192] = "", *url = NULL;
    if (eid_login_begin(client, NULL, &login, &err) != EID_OK) {
        return complain(&err);
    }
    printf("Open this in a browser:\n%s\n\nThe address you came back to: ", eid_login_url(login));
    fflush(stdout);
    if (fgets(answer, sizeof(answer), stdin) != NULL) {
        answer[strcspn(answer, "\n")] = '\0';
    }
    /* A web portal keeps the transaction in a cookie between these two calls. */
    enum eid_code code = eid_login_finish(client, answer, eid_login_transaction(login), &who, &err);
    eid_login_free(login);
    if (code != EID_OK) {
        return complain(&err);
    }
    const char *name = eid_identity_name(who); /* NULL: not released */
    printf("subject %s\nname %s\nlevels: account %d, authentication %d\n",
           eid_identity_subject(who), name != NULL ? name : "-", eid_identity_account_level(who),
           eid_identity_authentication_level(who));
    if (eid_logout_url(client, eid_identity_id_token(who), NULL, &url, &err) == EID_OK) {
        printf("To log out: %s\n", url);
    }
    eid_text_free(url);
    eid_identity_free(who);
    return 0;
}

int main(int argc, char **argv)
{
    struct eid_error err;
    struct eid_client *client = NULL;
    if (argc < 5 || eid_client_new(argv[1], argv[2], argv[3], argv[4], &client, &err) != EID_OK ||
        eid_client_set(client, EID_SCOPE, "openid profile", &err) != EID_OK ||
        eid_client_set(client, EID_CA_FILE, argv[5], &err) != EID_OK) { /* NULL: the system's */
        return argc < 5 ? 2 : complain(&err);
    }
    int status = log_in(client);
    eid_client_free(client);
    return status;
}
