/* Sealed documents with the wrapped keys to bring to a signer, from rows of grant.sql. */
#ifndef STORE_DOCUMENTS_H
#define STORE_DOCUMENTS_H
#include "signer/protocol.h"
#include "store/rows.h"
void documents_read(struct arena *a, const struct rows *rows, struct sealed_document **out,
                    size_t *n);
#endif
