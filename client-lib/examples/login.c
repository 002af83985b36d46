/* The five calls, at a terminal:  login ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI [CA_FILE]
 *
 * Prints the URL to open in a browser, reads the URL the browser came back with, prints who it is.
 */
#include <eid/eid.h>
#include <stdio.h>
#include <string.h>

static int complain(const struct eid_error *err)
{
    fprintf(stderr, "%s: %s\n%s\n", eid_error_name(err->code), err->detail,
            eid_error_text(err->code, "en"));
    return 1;
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static int log_in(struct eid_client *client)
{
    struct eid_error err;
    struct eid_login *login = NULL;
    struct eid_identity *who = NULL;
    char answer[8192];
    if (eid_login_begin(client, NULL, &login, &err) != EID_OK) {
        return complain(&err);
    }
    printf("Open this in a browser:\n%s\n\nThe address you came back to: ", eid_login_url(login));
    fflush(stdout);
    if (fgets(answer, sizeof(answer), stdin) == NULL) {
        eid_login_free(login);
        return 1;
    }
    answer[strcspn(answer, "\n")] = '\0';
    enum eid_code code = eid_login_finish(client, answer, eid_login_transaction(login), &who, &err);
    eid_login_free(login);
    if (code != EID_OK) {
        return complain(&err);
    }
    printf("subject               %s\n", eid_identity_subject(who));
    printf("name                  %s\n", or_none(eid_identity_name(who)));
    printf("account level         %d\n", eid_identity_account_level(who));
    printf("authentication level  %d\n", eid_identity_authentication_level(who));
    char *url = NULL;
    if (eid_logout_url(client, eid_identity_id_token(who), NULL, &url, &err) == EID_OK) {
        printf("To log out: %s\n", url);
        eid_text_free(url);
    }
    eid_identity_free(who);
    return 0;
}

int main(int argc, char **argv)
{
    struct eid_error err;
    struct eid_client *client = NULL;
    if (argc < 5) {
        fprintf(stderr, "usage: login ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI [CA_FILE]\n");
        return 2;
    }
    if (eid_client_new(argv[1], argv[2], argv[3], argv[4], &client, &err) != EID_OK ||
        eid_client_set(client, EID_SCOPE, "openid profile", &err) != EID_OK ||
        (argc > 5 && eid_client_set(client, EID_CA_FILE, argv[5], &err) != EID_OK)) {
        eid_client_free(client);
        return complain(&err);
    }
    int status = log_in(client);
    eid_client_free(client);
    return status;
}
