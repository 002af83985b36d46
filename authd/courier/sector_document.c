/* One fetch of the document behind a sector_identifier_uri, for an administrator who registers a
 * client and waits.  Whether the client's addresses stand in it is judged there.
 *
 * spec: OpenID Registration §5:fetch the document is fetched when a client is registered */
#include "courier/courier.h"

#include "log/log.h"
#include "registration/sector.h"
#include "store/sector_document.h"

#define DOCUMENT_MAX ((size_t)64 * 1024)
#define DOCUMENT_TIMEOUT_MS 5000L

static enum err document_get(struct task *t, struct courier *c, struct str uri, struct str *out)
{
    struct transfer_request request = {.accept = "application/json",
                                       .answer_max = DOCUMENT_MAX,
                                       .timeout_ms = DOCUMENT_TIMEOUT_MS};
    struct transfer_answer answer = {0};
    json_t *list = NULL;
    TRY(courier_reach(t, c, uri, &request, &answer));
    if (answer.status != 200) {
        return fail(ERR_UNAVAILABLE, "answered %ld; redirects are not followed", answer.status);
    }
    TRY(sector_document_read(t->arena, answer.body, &list));
    *out = json_text(t->arena, list);
    return OK;
}

enum err courier_fetch_sector_document(struct task *t, struct courier *c, struct str uri)
{
    struct str document = STR_NONE, why = STR_NONE;
    if (document_get(t, c, uri, &document) != OK) {
        why = str_dup(t->arena, str_from(err_reason()));
        document = STR_NONE;
    }
    log_event(why.p == NULL ? LOG_INFO : LOG_WARN, SECTOR_DOCUMENT, LOG_STR("uri", uri),
              LOG_STR("reason", why));
    return store_sector_document_settle(t, c->db, uri, document, why);
}
