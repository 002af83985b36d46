/* One table: code, name, category, what to tell the person.  Plain words, no blame, what to do
 * next. */
#include "eid/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ROW(code, category, vi, en)                                                                \
    {                                                                                              \
        code, #code, category, vi, en                                                              \
    }

#define AGAIN_VI "Đăng nhập không thành công. Vui lòng đăng nhập lại."
#define AGAIN_EN "The login did not succeed. Please log in again."
#define OURS_VI "Dịch vụ đang gặp sự cố kỹ thuật và chúng tôi đã ghi nhận. Vui lòng thử lại sau."
#define OURS_EN                                                                                    \
    "The service has a technical problem, which has been recorded. Please try again later."
#define AWAY_VI "Hệ thống định danh điện tử tạm thời không phản hồi. Vui lòng thử lại sau ít phút."
#define AWAY_EN                                                                                    \
    "The identity system is not answering at the moment. Please try again in a few minutes."
#define SAFE_VI                                                                                    \
    "Vì an toàn của bạn, lần đăng nhập này đã bị dừng. Vui lòng đăng nhập lại từ trang này."
#define SAFE_EN "For your safety this login was stopped. Please log in again from this page."

static const struct row {
    enum eid_code code;
    const char *name;
    enum eid_category category;
    const char *vi;
    const char *en;
} rows[] = {
    ROW(EID_OK, EID_CATEGORY_NONE, "Thành công.", "Done."),
    ROW(EID_CANCELLED, EID_CATEGORY_PERSON,
        "Bạn đã hủy đăng nhập. Bạn có thể đăng nhập lại bất cứ lúc nào.",
        "You cancelled the login. You can log in again at any time."),
    ROW(EID_LOGIN_NEEDED, EID_CATEGORY_PERSON, "Bạn cần đăng nhập để tiếp tục.",
        "You need to log in to go on."),
    ROW(EID_LOGIN_EXPIRED, EID_CATEGORY_PERSON,
        "Phiên đăng nhập đã hết hạn. Vui lòng đăng nhập lại.",
        "The login took too long. Please log in again."),
    ROW(EID_CLAIM_REFUSED, EID_CATEGORY_REFUSED,
        "Dịch vụ này cần thông tin mà bạn chưa đồng ý chia sẻ. Vui lòng đăng nhập lại và đồng ý "
        "chia sẻ.",
        "This service needs information that you did not agree to share. Please log in again and "
        "agree."),
    ROW(EID_ASSURANCE_NOT_MET, EID_CATEGORY_REFUSED,
        "Dịch vụ này yêu cầu mức độ tài khoản hoặc mức độ xác thực cao hơn. "
        "Vui lòng nâng mức tài khoản định danh hoặc dùng cách xác thực mạnh hơn.",
        "This service requires a higher account level or a stronger way of logging in. "
        "Please upgrade your account or use a stronger way."),
    ROW(EID_BAD_CONFIGURATION, EID_CATEGORY_MISCONFIGURED, OURS_VI, OURS_EN),
    ROW(EID_CLIENT_REFUSED, EID_CATEGORY_MISCONFIGURED, OURS_VI, OURS_EN),
    ROW(EID_REQUEST_REFUSED, EID_CATEGORY_MISCONFIGURED, OURS_VI, OURS_EN),
    ROW(EID_NOT_OFFERED, EID_CATEGORY_MISCONFIGURED, OURS_VI, OURS_EN),
    ROW(EID_BAD_METADATA, EID_CATEGORY_MISCONFIGURED, OURS_VI, OURS_EN),
    ROW(EID_BAD_ARGUMENT, EID_CATEGORY_MISCONFIGURED, OURS_VI, OURS_EN),
    ROW(EID_UNREACHABLE, EID_CATEGORY_UNREACHABLE, AWAY_VI, AWAY_EN),
    ROW(EID_BUSY, EID_CATEGORY_UNREACHABLE, AWAY_VI, AWAY_EN),
    ROW(EID_BAD_ANSWER, EID_CATEGORY_UNREACHABLE, AWAY_VI, AWAY_EN),
    ROW(EID_STATE_MISMATCH, EID_CATEGORY_ATTACK, SAFE_VI, SAFE_EN),
    ROW(EID_ISSUER_MISMATCH, EID_CATEGORY_ATTACK, SAFE_VI, SAFE_EN),
    ROW(EID_TRANSACTION_FORGED, EID_CATEGORY_ATTACK, SAFE_VI, SAFE_EN),
    ROW(EID_TOKEN_FORGED, EID_CATEGORY_ATTACK, SAFE_VI, SAFE_EN),
    ROW(EID_KEYS_FORGED, EID_CATEGORY_ATTACK, OURS_VI, OURS_EN),
    ROW(EID_NONCE_MISMATCH, EID_CATEGORY_ATTACK, SAFE_VI, SAFE_EN),
    ROW(EID_SUBJECT_MISMATCH, EID_CATEGORY_ATTACK, SAFE_VI, SAFE_EN),
    ROW(EID_TOKEN_EXPIRED, EID_CATEGORY_TOKEN, AGAIN_VI, AGAIN_EN),
    ROW(EID_TOKEN_REFUSED, EID_CATEGORY_TOKEN, AGAIN_VI, AGAIN_EN),
    ROW(EID_TOKEN_INACTIVE, EID_CATEGORY_TOKEN, AGAIN_VI, AGAIN_EN),
    ROW(EID_KEY_UNKNOWN, EID_CATEGORY_TOKEN, AGAIN_VI, AGAIN_EN),
    ROW(EID_PROOF_MISSING, EID_CATEGORY_TOKEN, AGAIN_VI, AGAIN_EN),
    ROW(EID_PROOF_REFUSED, EID_CATEGORY_TOKEN, AGAIN_VI, AGAIN_EN),
    ROW(EID_NO_MEMORY, EID_CATEGORY_INTERNAL, OURS_VI, OURS_EN),
    ROW(EID_INTERNAL, EID_CATEGORY_INTERNAL, OURS_VI, OURS_EN),
};

static const struct row *row_of(enum eid_code code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == code) {
            return &rows[i];
        }
    }
    return &rows[sizeof(rows) / sizeof(rows[0]) - 1];
}

enum eid_category eid_error_category(enum eid_code code)
{
    return row_of(code)->category;
}

const char *eid_error_name(enum eid_code code)
{
    return row_of(code)->name;
}

const char *eid_error_text(enum eid_code code, const char *language)
{
    const struct row *row = row_of(code);
    bool vietnamese = language != NULL && strncmp(language, "vi", 2) == 0 &&
                      (language[2] == '\0' || language[2] == '-' || language[2] == ' ');
    return vietnamese ? row->vi : row->en;
}
