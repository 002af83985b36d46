/* Which words fit which failure: libeid's categories say who must act. */
#include "words.h"

const struct trouble *words_trouble(const struct words *t, enum eid_code code)
{
    switch (code) {
    case EID_CANCELLED:
        return &t->cancelled;
    case EID_CLAIM_REFUSED:
        return &t->claim_refused;
    case EID_ASSURANCE_NOT_MET:
        return &t->below;
    case EID_TOKEN_REFUSED:
    case EID_KEY_UNKNOWN: /* the provider's ID token is not for us: nothing the person can do */
        return &t->operator_must;
    case EID_STATE_MISMATCH: /* most often a second tab, or an old page reloaded */
        return &t->again;
    default:
        break;
    }
    switch (eid_error_category(code)) {
    case EID_CATEGORY_PERSON:
    case EID_CATEGORY_TOKEN:
        return &t->again;
    case EID_CATEGORY_UNREACHABLE:
        return &t->later;
    case EID_CATEGORY_ATTACK:
        return &t->attack;
    case EID_CATEGORY_NONE:
    case EID_CATEGORY_REFUSED:
    case EID_CATEGORY_MISCONFIGURED:
    case EID_CATEGORY_INTERNAL:
        break;
    }
    return &t->operator_must;
}
