/* Sector documents; see sector.h. */
#include "registration/sector.h"

enum err sector_document_read(struct arena *a, struct str text, json_t **out)
{
    json_t *list = NULL;
    TRY(json_read_in(a, text, &list));
    if (!json_is_array(list)) {
        return fail(ERR_INPUT, "the sector document is no JSON array of redirect URIs");
    }
    if (json_array_size(list) > SECTOR_URIS_MAX) {
        return fail(ERR_INPUT, "the sector document lists more than %d URIs", SECTOR_URIS_MAX);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i))) {
            return fail(ERR_INPUT, "the sector document holds something else than texts");
        }
    }
    *out = list;
    return OK;
}

static bool lists(const json_t *document, const json_t *uri)
{
    for (size_t i = 0; i < json_array_size(document); i++) {
        if (json_equal(json_array_get(document, i), uri)) {
            return true;
        }
    }
    return false;
}

/* spec: OpenID Registration §5:listed the redirect URIs MUST all stand in the document */
enum err sector_document_check(const json_t *document, const json_t *redirect_uris)
{
    for (size_t i = 0; i < json_array_size(redirect_uris); i++) {
        const json_t *uri = json_array_get(redirect_uris, i);
        if (!lists(document, uri)) {
            return fail(ERR_INPUT,
                        "redirect_uris: %s does not stand in the document behind "
                        "sector_identifier_uri; add it there, character by character",
                        json_string_value(uri));
        }
    }
    return OK;
}
