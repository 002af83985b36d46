/* See failure.h.  Where memory ends libcrypto often says nothing, or "internal error": so silence
 * is never taken for bad input. */
#include "jose/failure.h"
#include <openssl/err.h>
#include <stdbool.h>

static bool is_about_input(unsigned long code)
{
    int library = ERR_GET_LIB(code);
    return !ERR_COMMON_ERROR(code) &&
           (library == ERR_LIB_EC || library == ERR_LIB_RSA || library == ERR_LIB_PROV);
}

enum err jose_failure(enum err input)
{
    enum err e = ERR_CRYPTO;
    unsigned long code;
    while ((code = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) {
            e = ERR_NO_MEMORY;
        } else if (e == ERR_CRYPTO && is_about_input(code)) {
            e = input;
        }
    }
    return e;
}
