/* Documents behind sector_identifier_uris: wished for by the administrator, fetched by the courier.
 */
#include "store/sector_document.h"

#include "store/read.h"
#include "store/write.h"

enum err store_sector_document_want(struct task *t, struct pg *db, struct str uri)
{
    struct write w = write_begin(t, db, SQL_SECTOR_DOCUMENT_WANT);
    bool applied;
    write_row(&w, NULL);
    args_text(&w.args, uri);
    write_key(&w, uri.p, uri.n);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_INTERNAL, "the wish for a sector document was not written");
}

enum err store_sector_document_find(struct task *t, struct pg *db, struct str uri,
                                    struct sector_document_row *out)
{
    struct read read = {.sql = SQL_SECTOR_DOCUMENT_FIND, .args = args_in(t->arena)};
    args_text(&read.args, uri);
    struct row r;
    TRY(store_read_row(t, db, &read, "nobody has wished for this sector document", &r));
    out->document = row_str(&r);
    out->error = row_str(&r);
    out->settled = row_bool(&r);
    return OK;
}

enum err store_sector_document_claim(struct task *t, struct pg *db, size_t limit, struct str **uris,
                                     size_t *n)
{
    struct write w = write_begin(t, db, SQL_SECTOR_DOCUMENT_CLAIM);
    bool applied;
    write_row(&w, NULL);
    args_i64(&w.args, (int64_t)limit);
    TRY(write_commit(&w, &applied));
    struct str *found = arena_array(t->arena, w.result.n, sizeof *found);
    for (size_t i = 0; i < w.result.n; i++) {
        struct row r = rows_at(&w.result, i);
        found[i] = row_str(&r);
    }
    *uris = found;
    *n = w.result.n;
    return OK;
}

enum err store_sector_document_settle(struct task *t, struct pg *db, struct str uri,
                                      struct str document, struct str error)
{
    struct write w = write_begin(t, db, SQL_SECTOR_DOCUMENT_SETTLE);
    bool applied;
    write_row(&w, NULL);
    args_text(&w.args, uri);
    args_text(&w.args, document);
    args_text(&w.args, error);
    write_key(&w, uri.p, uri.n);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_NOT_FOUND, "the wish for a sector document is gone");
}
