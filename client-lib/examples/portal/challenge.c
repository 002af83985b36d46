/* Reading WWW-Authenticate, as far as RFC 9470 needs it. */
#include "challenge.h"
#include <string.h>
#include <strings.h>

/* RFC 9110 section 11.2: name = token or quoted string, separated by commas. */
bool challenge_param(const char *text, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    bool quoted = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && (at == text || strchr(" ,\t", at[-1]) != NULL) &&
                   strncasecmp(at, name, n) == 0 && at[n] == '=') {
            size_t used = 0;
            at += n + 1;
            bool in_quotes = *at == '"';
            const char *end = in_quotes ? "\"" : " ,\t\r\n";
            for (at += in_quotes; *at != '\0' && strchr(end, *at) == NULL; at++) {
                at += *at == '\\' && at[1] != '\0';
                if (used + 1 >= size) {
                    return false;
                }
                out[used++] = *at;
            }
            out[used] = '\0';
            return true;
        }
    }
    return false;
}
