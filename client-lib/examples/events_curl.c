/* One libcurl handle per request; what it needs is freed when the answer is there. */
#include "events_curl.h"
#include <stdio.h>
#include <stdlib.h>

struct sent {
    struct eid_operation *op;
    struct eid_response *response;
    struct curl_slist *headers;
};

static size_t take_body(char *bytes, size_t size, size_t n, void *response)
{
    return eid_response_add_body(response, bytes, size * n) == 0 ? size * n : 0;
}

static size_t take_header(char *line, size_t size, size_t n, void *response)
{
    char text[2200], name[128], value[2048];
    snprintf(text, sizeof(text), "%.*s", (int)(size * n), line);
    if (sscanf(text, "%127[^:]: %2047[^\r\n]", name, value) == 2) {
        eid_response_set_header(response, name, value);
    }
    return size * n;
}

void events_send(CURLM *multi, struct eid_operation *op, const struct eid_request *request,
                 struct eid_response *response)
{
    char line[8192];
    CURL *curl = curl_easy_init();
    struct sent *sent = calloc(1, sizeof(*sent));
    if (curl == NULL || sent == NULL) {
        abort(); /* a program that shows events, not how to live without memory */
    }
    *sent = (struct sent){.op = op, .response = response};
    for (size_t i = 0; i < request->n_headers; i++) {
        snprintf(line, sizeof(line), "%s: %s", request->headers[i].name, request->headers[i].value);
        sent->headers = curl_slist_append(sent->headers, line);
    }
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, sent->headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    if (request->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
    }
    if (request->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body_size);
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request->body);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, sent);
    curl_multi_add_handle(multi, curl);
}

struct eid_operation *events_wait(CURLM *multi)
{
    int left;
    long status = 0;
    struct sent *sent = NULL;
    curl_multi_perform(multi, &left);
    CURLMsg *message = curl_multi_info_read(multi, &left);
    if (message == NULL) {
        curl_multi_poll(multi, NULL, 0, EID_WAIT_MS, NULL);
        return NULL;
    }
    CURL *curl = message->easy_handle;
    CURLcode code = message->data.result;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&sent);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    struct eid_operation *op = sent->op;
    if (code == CURLE_OK) {
        eid_response_set_status(sent->response, (int)status);
        eid_operation_answer(op);
    } else {
        eid_operation_fail(op, curl_easy_strerror(code));
    }
    curl_multi_remove_handle(multi, curl);
    curl_easy_cleanup(curl);
    curl_slist_free_all(sent->headers);
    free(sent);
    return op;
}
