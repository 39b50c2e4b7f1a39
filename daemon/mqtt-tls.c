#include "mqtt-tls.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "secret.h"

/* ---- files ---- */

__attribute__((format(printf, 3, 4))) static bool fail(struct mqtt_tls_fault *fault,
                                                       const char *key, const char *format, ...)
{
	va_list args;

	fault->key = key;
	va_start(args, format);
	vsnprintf(fault->what, sizeof(fault->what), format, args);
	va_end(args);
	return false;
}

static bool is_readable(const char *path, const char *key, struct mqtt_tls_fault *fault)
{
	FILE *stream = fopen(path, "re");

	if (!stream)
		return fail(fault, key, "%.200s: %s", path, strerror(errno));
	fclose(stream);
	return true;
}

/* "9d66eef0.0": how OpenSSL finds a certificate in a directory. */
static bool is_hashed(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	       name[9 + strspn(name + 9, "0123456789")] == '\0' && name[9] != '\0';
}

static bool has_authorities(const char *path, struct mqtt_tls_fault *fault)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool found = false;

	if (!dir)
		return fail(fault, "ca-path", "%.200s: %s", path, strerror(errno));
	while (!found && (entry = readdir(dir)) != NULL)
		found = is_hashed(entry->d_name);
	closedir(dir);
	return found || fail(fault, "ca-path",
	                     "%.200s: no certificate stands there under its hash; accepted: a "
	                     "directory that `openssl rehash` has prepared",
	                     path);
}

static bool load_authorities(SSL_CTX *c, const struct mqtt_tls_settings *s,
                             struct mqtt_tls_fault *fault)
{
	if (!s->ca_file && !s->ca_path)
		return SSL_CTX_set_default_verify_paths(c) == 1 ||
		       fail(fault, "tls", "the system's certificate authorities cannot be read");
	if (s->ca_file && !is_readable(s->ca_file, "ca-file", fault))
		return false;
	if (s->ca_file && SSL_CTX_load_verify_locations(c, s->ca_file, NULL) != 1)
		return fail(fault, "ca-file",
		            "%.200s: it holds no certificate; accepted: certificates in PEM form",
		            s->ca_file);
	if (s->ca_path && !has_authorities(s->ca_path, fault))
		return false;
	return !s->ca_path || SSL_CTX_load_verify_locations(c, NULL, s->ca_path) == 1 ||
	       fail(fault, "ca-path", "%.200s: it cannot be used", s->ca_path);
}

static int no_passphrase(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static bool load_key(SSL_CTX *c, const char *path, struct mqtt_tls_fault *fault)
{
	char error[SECRET_ERROR];
	FILE *stream = secret_open(path, error);
	bool encrypted = false;
	EVP_PKEY *key;
	int used;

	if (!stream)
		return fail(fault, "key-file", "%s", error);
	key = PEM_read_PrivateKey(stream, NULL, no_passphrase, &encrypted);
	fclose(stream);
	if (encrypted)
		return fail(fault, "key-file",
		            "%.200s: the key is encrypted; accepted: one without a passphrase, as "
		            "nobody is there to type it",
		            path);
	if (!key)
		return fail(fault, "key-file",
		            "%.200s: it holds no key; accepted: a private key in PEM form", path);
	used = SSL_CTX_use_PrivateKey(c, key);
	EVP_PKEY_free(key);
	return (used == 1 && SSL_CTX_check_private_key(c) == 1) ||
	       fail(fault, "key-file", "%.200s: it is not the key of the certificate in cert-file",
	            path);
}

static bool load_own(SSL_CTX *c, const struct mqtt_tls_settings *s, struct mqtt_tls_fault *fault)
{
	if (!s->cert_file)
		return true;
	if (!is_readable(s->cert_file, "cert-file", fault))
		return false;
	if (SSL_CTX_use_certificate_chain_file(c, s->cert_file) != 1)
		return fail(fault, "cert-file",
		            "%.200s: it holds no certificate; accepted: this client's, and those "
		            "between it and the authority, in PEM form",
		            s->cert_file);
	return load_key(c, s->key_file, fault);
}

/* ---- what happens on the connection ---- */

static struct mqtt_tls_talk *talk_of(const SSL *ssl)
{
	return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
}

static void print_date(const ASN1_TIME *time, char *buf, size_t size)
{
	struct tm tm;

	buf[0] = '\0';
	if (time && ASN1_TIME_to_tm(time, &tm) == 1)
		strftime(buf, size, "%Y-%m-%d %H:%M UTC", &tm);
}

static int on_verify(int good, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct mqtt_tls_talk *talk = talk_of(ssl);
	const X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (good || talk->verify_error)
		return good;
	talk->verify_error = X509_STORE_CTX_get_error(store);
	talk->above = X509_STORE_CTX_get_error_depth(store) > 0;
	if (cert && talk->verify_error == X509_V_ERR_CERT_HAS_EXPIRED)
		print_date(X509_get0_notAfter(cert), talk->date, sizeof(talk->date));
	if (cert && talk->verify_error == X509_V_ERR_CERT_NOT_YET_VALID)
		print_date(X509_get0_notBefore(cert), talk->date, sizeof(talk->date));
	return 0;
}

static void on_info(const SSL *ssl, int where, int value)
{
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
		talk_of(ssl)->alert = value & 0xFF;
	if ((where & SSL_CB_HANDSHAKE_DONE) && talk_of(ssl)->phase == MQTT_TLS_HANDSHAKE)
		talk_of(ssl)->phase =
			SSL_version(ssl) >= TLS1_3_VERSION ? MQTT_TLS_LISTENING : MQTT_TLS_OPEN;
}

static unsigned on_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_size,
                       unsigned char *key, unsigned key_size)
{
	const struct mqtt_tls_settings *s = talk_of(ssl)->settings;
	size_t digits = strlen(s->psk);

	(void)hint;
	if (strlen(s->psk_identity) >= identity_size || digits / 2 > key_size)
		return 0;
	snprintf(identity, identity_size, "%s", s->psk_identity);
	for (size_t i = 0; i < digits / 2; i++)
		key[i] = (unsigned char)((unsigned)hex_digit(s->psk[2 * i]) << 4 |
		                         (unsigned)hex_digit(s->psk[2 * i + 1]));
	return (unsigned)(digits / 2);
}

static bool check_name(SSL_CTX *c, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(c);
	unsigned char address[16];

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

/* Broker and client must have the key ready for one and the same cipher: in TLS 1.3, which names keys in
 * another way, not every broker has. */
static bool use_psk(SSL_CTX *c)
{
	SSL_CTX_set_psk_client_callback(c, on_psk);
	return SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(c, "PSK") == 1;
}

static bool set_up(SSL_CTX *c, const struct mqtt_tls_settings *s, const char *host,
                   struct mqtt_tls_fault *fault)
{
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_info_callback(c, on_info);
	if (s->psk_identity)
		return use_psk(c) || fail(fault, "psk-identity", "TLS with a key fails");
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
	if (!s->insecure && !check_name(c, host))
		return fail(fault, "host", "\"%.100s\" cannot stand in a certificate", host);
	return load_authorities(c, s, fault) && load_own(c, s, fault);
}

SSL_CTX *mqtt_tls_new(const struct mqtt_tls_settings *settings, const char *host,
                      struct mqtt_tls_talk *talk, struct mqtt_tls_fault *fault)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	*talk = (struct mqtt_tls_talk){ .settings = settings, .alert = -1 };
	*fault = (struct mqtt_tls_fault){ .key = "tls", .what = "no memory" };
	if (c && SSL_CTX_set_ex_data(c, 0, talk) == 1 && set_up(c, settings, host, fault))
		return c;
	SSL_CTX_free(c);
	ERR_clear_error();
	return NULL;
}

void mqtt_tls_free(SSL_CTX *context)
{
	SSL_CTX_free(context);
}

void mqtt_tls_leave_thread(void)
{
	OPENSSL_thread_stop();
}
