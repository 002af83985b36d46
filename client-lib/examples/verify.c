/* A resource server's half:  verify ISSUER AUDIENCE < TOKEN
 *
 * Verifies an access token with the provider's published keys and prints what it allows. */
#include <eid/eid.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct eid_error err;
    struct eid_client *client = NULL;
    struct eid_token *token = NULL;
    char text[16400];
    if (argc != 3 || fgets(text, sizeof(text), stdin) == NULL) {
        fprintf(stderr, "usage: verify ISSUER AUDIENCE < TOKEN\n");
        return 2;
    }
    text[strcspn(text, "\n")] = '\0';
    if (eid_client_new(argv[1], argv[2], NULL, NULL, &client, &err) != EID_OK ||
        eid_token_verify(client, text, argv[2], &token, &err) != EID_OK) {
        fprintf(stderr, "%s: %s\n", eid_error_name(err.code), err.detail);
        eid_client_free(client);
        return 1;
    }
    printf("subject %s, client %s, scope %s\n", eid_token_subject(token),
           eid_token_client_id(token), eid_token_scope(token));
    eid_token_free(token);
    eid_client_free(client);
    return 0;
}
