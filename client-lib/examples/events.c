/* Many calls at once in one thread:  events ISSUER CLIENT_ID CLIENT_SECRET CA_FILE TOKEN… (CA_FILE:
 * may be "")
 *
 * Asks the provider about all tokens at the same time.  libeid says what to send and when; here
 * libcurl's multi interface sends it (events_curl.c), libevent or io_uring would do as well. */
#include "events_curl.h"
#include <stdio.h>

#define CALLS_MAX 64
enum state { READY, SENT, OVER };

static enum state step(CURLM *multi, struct eid_operation *op, const char *token)
{
    const struct eid_request *request = NULL;
    struct eid_response *response = NULL;
    switch (eid_operation_next(op, &request, &response)) {
    case EID_NEXT_SEND:
        events_send(multi, op, request, response);
        return SENT;
    case EID_NEXT_WAIT: /* another call fetches what this one needs: look again soon */
        return READY;
    default:
        printf("%.12s... %s\n", token, eid_error_name(eid_operation_result(op, NULL)));
        return OVER;
    }
}

int main(int argc, char **argv)
{
    struct eid_client *client = NULL;
    struct eid_operation *calls[CALLS_MAX] = {NULL}, *answered;
    enum state states[CALLS_MAX] = {READY};
    CURLM *multi = curl_multi_init();
    int n = argc - 5;
    if (n < 1 || n > CALLS_MAX ||
        eid_client_new(argv[1], argv[2], argv[3], NULL, &client, NULL) != EID_OK ||
        eid_client_set(client, EID_CA_FILE, *argv[4] ? argv[4] : NULL, NULL) != EID_OK) {
        return 2;
    }
    for (int i = 0; i < n; i++) {
        eid_token_introspect_start(client, argv[5 + i], &calls[i], NULL);
    }
    for (int over = 0; over < n;) {
        over = 0;
        for (int i = 0; i < n; i++) {
            states[i] = states[i] == READY ? step(multi, calls[i], argv[5 + i]) : states[i];
            over += states[i] == OVER;
        }
        answered = events_wait(multi);
        for (int i = 0; i < n; i++) {
            states[i] = calls[i] == answered ? READY : states[i];
        }
    }
    for (int i = 0; i < n; i++) {
        eid_operation_free(calls[i]);
    }
    eid_client_free(client);
    return curl_multi_cleanup(multi);
}
