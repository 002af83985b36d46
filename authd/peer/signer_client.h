/* The signer's operations as functions.  Each waits for the signer's answer. */
#ifndef PEER_SIGNER_CLIENT_H
#define PEER_SIGNER_CLIENT_H
#include "peer/peer.h"
#include "signer/handle.h"
#include "signer/protocol.h"

CHECKED enum err ask_key_set(struct task *t, struct peer *signers, struct signer_key_set *out);
CHECKED enum err ask_load_keys(struct task *t, struct peer *signers,
                               const struct signer_load_keys *in); /* all of them */
CHECKED enum err ask_generate_key(struct task *t, struct peer *signers,
                                  const struct signer_generate_key *in,
                                  struct signer_generated_key *out);
CHECKED enum err ask_rewrap(struct task *t, struct peer *signers, const struct signer_rewrap *in,
                            struct signer_rewrapped *out);
CHECKED enum err ask_seal(struct task *t, struct peer *signers, const struct signer_seal *in,
                          struct signer_sealed *out);
CHECKED enum err ask_issue_code(struct task *t, struct peer *signers,
                                const struct signer_issue_code *in, struct signer_issued_code *out);
CHECKED enum err ask_issue_tokens(struct task *t, struct peer *signers,
                                  const struct signer_issue_tokens *in,
                                  struct signer_issued_tokens *out);
CHECKED enum err ask_client_token(struct task *t, struct peer *signers,
                                  const struct signer_client_token *in,
                                  struct signer_client_tokened *out);
CHECKED enum err ask_userinfo(struct task *t, struct peer *signers,
                              const struct signer_userinfo *in, struct signer_userinfoed *out);
CHECKED enum err ask_logout_token(struct task *t, struct peer *signers,
                                  const struct signer_logout_token *in,
                                  struct signer_logout_tokened *out);
CHECKED enum err ask_identity_open(struct task *t, struct peer *signers,
                                   const struct signer_identity_open *in,
                                   struct signer_identity_opened *out);
CHECKED enum err ask_lookup_digests(struct task *t, struct peer *signers,
                                    const struct signer_lookup_digests *in,
                                    struct signer_looked_up *out);
CHECKED enum err ask_address_open(struct task *t, struct peer *signers,
                                  const struct signer_address_open *in,
                                  struct signer_address_opened *out);
CHECKED enum err ask_person(struct task *t, struct peer *signers, const struct signer_person *in,
                            struct signer_personed *out);
CHECKED enum err ask_sandbox_forge(struct task *t, struct peer *signers,
                                   const struct signer_sandbox_forge *in,
                                   struct signer_sandbox_forged *out);
CHECKED enum err ask_password_words(struct task *t, struct peer *signers,
                                    const struct signer_password_words *in,
                                    struct signer_password_worded *out);
/* Many at once, in as few frames as they fit in: in[i] is answered by out[i].  The first refusal is
 * that of all. */
CHECKED enum err ask_seal_each(struct task *t, struct peer *signers, const struct signer_seal *in,
                               size_t n, struct signer_sealed *out);
CHECKED enum err ask_import_digests_each(struct task *t, struct peer *signers,
                                         const struct signer_import_digests *in, size_t n,
                                         struct signer_looked_up *out);
CHECKED enum err ask_import_compare_each(struct task *t, struct peer *signers,
                                         const struct signer_import_compare *in, size_t n,
                                         struct signer_import_compared *out);
#endif
