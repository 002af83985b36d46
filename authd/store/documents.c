/* The sealed documents of an identity: the newest version of each kind. */
#include "store/documents.h"

#include "base/arena.h"
#include "store/grant.h"
#include "store/read.h"

void documents_read(struct arena *a, const struct rows *rows, struct sealed_document **out,
                    size_t *n)
{
    struct sealed_document *d = arena_array(a, rows->n, sizeof *d);
    for (size_t i = 0; i < rows->n; i++) {
        struct row r = rows_at(rows, i);
        d[i].identity = row_uuid(&r);
        d[i].kind = row_str(&r);
        d[i].version = row_u32(&r);
        d[i].sealed = row_str(&r);
        d[i].wrapped_key = row_str(&r);
        d[i].bucket = row_u16(&r);
        d[i].bucket_key_version = row_u32(&r);
        d[i].wrapped_bucket_key = row_str(&r);
    }
    *out = d;
    *n = rows->n;
}

enum err store_documents(struct task *t, struct pg *db, const struct uuid *identity,
                         struct sealed_document **out, size_t *n)
{
    struct read read = {.sql = SQL_DOCUMENTS_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket_of(identity));
    args_uuid(&read.args, identity);
    TRY(store_read(t, db, &read, 1));
    documents_read(t->arena, &read.rows, out, n);
    return OK;
}
