/* The memory sanitizer does not see what nettle writes, which is not instrumented: said here, around each of
 * its functions that the library calls (ld --wrap). What nettle reads must have been written. */
#include <sanitizer/msan_interface.h>

#include <nettle/gcm.h>

typedef struct gcm_aes128_ctx context;

void __real_nettle_gcm_aes128_set_key(context *c, const uint8_t *key);
void __real_nettle_gcm_aes128_set_iv(context *c, size_t len, const uint8_t *iv);
void __real_nettle_gcm_aes128_update(context *c, size_t len, const uint8_t *from);
void __real_nettle_gcm_aes128_encrypt(context *c, size_t len, uint8_t *to, const uint8_t *from);
void __real_nettle_gcm_aes128_decrypt(context *c, size_t len, uint8_t *to, const uint8_t *from);
void __real_nettle_gcm_aes128_digest(context *c, size_t len, uint8_t *to);

void __wrap_nettle_gcm_aes128_set_key(context *c, const uint8_t *key);
void __wrap_nettle_gcm_aes128_set_iv(context *c, size_t len, const uint8_t *iv);
void __wrap_nettle_gcm_aes128_update(context *c, size_t len, const uint8_t *from);
void __wrap_nettle_gcm_aes128_encrypt(context *c, size_t len, uint8_t *to, const uint8_t *from);
void __wrap_nettle_gcm_aes128_decrypt(context *c, size_t len, uint8_t *to, const uint8_t *from);
void __wrap_nettle_gcm_aes128_digest(context *c, size_t len, uint8_t *to);

void __wrap_nettle_gcm_aes128_set_key(context *c, const uint8_t *key)
{
	__msan_check_mem_is_initialized(key, AES128_KEY_SIZE);
	__real_nettle_gcm_aes128_set_key(c, key);
	__msan_unpoison(c, sizeof(*c));
}

void __wrap_nettle_gcm_aes128_set_iv(context *c, size_t len, const uint8_t *iv)
{
	__msan_check_mem_is_initialized(iv, len);
	__real_nettle_gcm_aes128_set_iv(c, len, iv);
	__msan_unpoison(c, sizeof(*c));
}

void __wrap_nettle_gcm_aes128_update(context *c, size_t len, const uint8_t *from)
{
	__msan_check_mem_is_initialized(from, len);
	__real_nettle_gcm_aes128_update(c, len, from);
}

void __wrap_nettle_gcm_aes128_encrypt(context *c, size_t len, uint8_t *to, const uint8_t *from)
{
	__msan_check_mem_is_initialized(from, len);
	__real_nettle_gcm_aes128_encrypt(c, len, to, from);
	__msan_unpoison(to, len);
}

void __wrap_nettle_gcm_aes128_decrypt(context *c, size_t len, uint8_t *to, const uint8_t *from)
{
	__msan_check_mem_is_initialized(from, len);
	__real_nettle_gcm_aes128_decrypt(c, len, to, from);
	__msan_unpoison(to, len);
}

void __wrap_nettle_gcm_aes128_digest(context *c, size_t len, uint8_t *to)
{
	__real_nettle_gcm_aes128_digest(c, len, to);
	__msan_unpoison(to, len);
}
