#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/opensslv.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// What Swift cannot import: macros and variadic functions.

static inline void crypto_free(void *memory) { OPENSSL_free(memory); }

static inline EVP_PKEY *crypto_generate_p256(void) { return EVP_EC_gen("P-256"); }

static inline EVP_PKEY *crypto_generate_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }

static inline long crypto_bio_bytes(BIO *bio, const unsigned char **bytes) {
  char *start = NULL;
  long count = BIO_get_mem_data(bio, &start);
  *bytes = (const unsigned char *)start;
  return count;
}

static inline int crypto_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

static inline const GENERAL_NAME *crypto_name_at(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}

// The text of a URI name, or NULL for a name of another kind.
static inline const ASN1_IA5STRING *crypto_name_uri(const GENERAL_NAME *name) {
  return name->type == GEN_URI ? name->d.uniformResourceIdentifier : NULL;
}

static inline int crypto_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (extension == NULL) return 0;
  int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return added;
}

static inline EVP_PKEY *crypto_read_private_pem(const void *bytes, int count, const char *passphrase) {
  BIO *bio = BIO_new_mem_buf(bytes, count);
  if (bio == NULL) return NULL;
  // Without a passphrase an encrypted key must fail: the default callback would ask on the terminal.
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(passphrase == NULL ? "" : passphrase));
  BIO_free(bio);
  return key;
}

// PKCS#8 in PEM, encrypted with AES-256-CBC under a key from scrypt (RFC 7914). libcrypto's own writer would use 2,048
// rounds of PBKDF2, which a thief of the file tries in no time. N, r, p: 16 MiB and a quarter of a second a try, and
// within the 32 MiB that libcrypto's reader allows.
static inline int crypto_write_encrypted_private_pem(BIO *bio, EVP_PKEY *key, const char *passphrase, int count) {
  unsigned char salt[16];
  if (RAND_bytes(salt, sizeof salt) != 1) return 0;
  PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
  X509_ALGOR *cipher = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, 1 << 14, 8, 5);
  // Takes the cipher over when it succeeds.
  X509_SIG *sealed = plain == NULL || cipher == NULL ? NULL : PKCS8_set0_pbe(passphrase, count, plain, cipher);
  if (sealed == NULL) X509_ALGOR_free(cipher);
  int written = sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;
  X509_SIG_free(sealed);
  PKCS8_PRIV_KEY_INFO_free(plain);
  return written;
}
