/* A client under a sector_identifier_uri: its redirect addresses must stand in the document there,
 * so that nobody registers himself into the names by which another agency knows people.  The admin
 * process connects nowhere: it asks the courier by a row and waits. */
#include "admin/client_answer.h"
#include "base/clock.h"
#include "registration/sector.h"
#include "store/sector_document.h"

#define WAIT_MS 8000
#define LOOK_MS 50

static enum err document_fetch(struct call *c, struct str uri, struct str *out)
{
    struct sector_document_row row = {.settled = false};
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    TRY(store_sector_document_want(c->task, c->admin->db, uri));
    while (!row.settled) {
        if (clock_mono_ms() >= until_ms) {
            return fail(ERR_UNAVAILABLE,
                        "sector_identifier_uri: nobody fetched it in %d seconds; "
                        "see that the courier runs (authctl status)",
                        WAIT_MS / 1000);
        }
        TRY(task_sleep(c->task, LOOK_MS));
        TRY(store_sector_document_find(c->task, c->admin->db, uri, &row));
    }
    if (!str_is(row.document)) {
        return fail(ERR_INPUT, "sector_identifier_uri: %.*s", STR_FMT(row.error));
    }
    *out = row.document;
    return OK;
}

static enum err metadata_of(struct call *c, const struct client_row *row, json_t **out)
{
    return json_read_in(c->task->arena, row->metadata, out);
}

/* What was in the document once is not asked again because a name or a logo changes. */
static bool same_addresses(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "sector_identifier_uri"),
                      json_object_get(b, "sector_identifier_uri")) &&
           json_equal(json_object_get(a, "redirect_uris"), json_object_get(b, "redirect_uris"));
}

/* spec: OpenID Core §8.1:fetch, OpenID Registration §5:listed */
enum err client_sector_check(struct call *c, const struct client_row *old,
                             const struct client_row *row)
{
    json_t *before = NULL, *now = NULL, *document = NULL;
    struct str text;
    TRY(metadata_of(c, row, &now));
    struct str uri = json_member(now, "sector_identifier_uri");
    if (!str_is(uri)) {
        return OK;
    }
    if (old != NULL) {
        TRY(metadata_of(c, old, &before));
        if (same_addresses(before, now)) {
            return OK;
        }
    }
    TRY(document_fetch(c, uri, &text));
    TRY(sector_document_read(c->task->arena, text, &document));
    return sector_document_check(document, json_object_get(now, "redirect_uris"));
}
