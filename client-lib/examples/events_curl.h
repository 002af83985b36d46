/* Requests of libeid over libcurl's multi interface; for events.c. */
#ifndef EVENTS_CURL_H
#define EVENTS_CURL_H
#include <curl/curl.h>
#include <eid/eid.h>

void events_send(CURLM *multi, struct eid_operation *op, const struct eid_request *request,
                 struct eid_response *response);
/* Waits a little.  An operation whose answer has come (or never will): it may go on; or NULL. */
struct eid_operation *events_wait(CURLM *multi);

#endif
