/* TLS to the broker: certificates and keys from files, and in words why a handshake failed.
 *
 * The one room that uses OpenSSL. libmosquitto brings it along, but tells no more than that something was
 * wrong; with a context of our own it is known what. TLS 1.2 at least.
 */
#ifndef MQTT_TLS_H
#define MQTT_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct ssl_ctx_st;

struct mqtt_tls_settings {
	bool on;
	bool insecure;       /* the name in the broker's certificate does not matter */
	const char *ca_file; /* these two NULL: the system's authorities */
	const char *ca_path;
	const char *cert_file; /* NULL: no certificate of our own; both or none */
	const char *key_file;
	const char *psk_identity; /* NULL: certificates; both or none */
	const char *psk;          /* hex digits, an even number, at most MQTT_TLS_PSK_DIGITS */
};

#define MQTT_TLS_PSK_DIGITS 512
#define MQTT_TLS_WHAT       400

/* What is wrong with a file. */
struct mqtt_tls_fault {
	const char *key; /* of the configuration that names the file */
	char what[MQTT_TLS_WHAT];
};

/* Who writes as soon as a handshake of TLS 1.3 is done for him loses the broker's refusal, which is on its way
 * then, when the broker hangs up behind it. */
enum mqtt_tls_phase {
	MQTT_TLS_HANDSHAKE, /* only reading is allowed, which does the handshake's writing too */
	MQTT_TLS_LISTENING, /* only reading is allowed, and awaited for MQTT_TLS_LISTEN_MS at most */
	MQTT_TLS_OPEN,
};

/* What one connection has said of itself. */
struct mqtt_tls_talk {
	const struct mqtt_tls_settings *settings;
	int verify_error; /* X509_V_ERR_...; 0: none */
	bool above;       /* it is an authority's certificate, not the broker's own */
	int alert;        /* that the broker sent; -1: none */
	char date[40];    /* to which a certificate is, or from which it is valid */
	char reason[80];  /* OpenSSL's, "" */
	enum mqtt_tls_phase phase;
};

#define MQTT_TLS_LISTEN_MS 300

/* A context for a connection to that host: all files are read. NULL: fault says why. The talk is written
 * as long as the context lives. Give it back by mqtt_tls_free(). */
struct ssl_ctx_st *mqtt_tls_new(const struct mqtt_tls_settings *settings, const char *host,
                                struct mqtt_tls_talk *talk, struct mqtt_tls_fault *fault);
void mqtt_tls_free(struct ssl_ctx_st *context);

/* What OpenSSL keeps for the calling thread is given back, before anybody learns that the thread is about to end:
 * the process may be gone before OpenSSL would do so itself. */
void mqtt_tls_leave_thread(void);

/* A line of libmosquitto's log, which may hold OpenSSL's reason. */
void mqtt_tls_note(struct mqtt_tls_talk *talk, const char *line);

enum mqtt_tls_cause {
	MQTT_TLS_INNOCENT, /* it has nothing to do with it, as far as it knows */
	MQTT_TLS_UNSURE,   /* or the broker is only just going away */
	MQTT_TLS_GUILTY,   /* somebody has to set something right */
};

#define MQTT_TLS_UNANSWERED \
	"TLS: the broker ends the connection without an answer: if it stays so, check port and tls"

/* Why a connection failed before the broker answered the login: a phrase, unless TLS is innocent. */
enum mqtt_tls_cause mqtt_tls_explain(const struct mqtt_tls_talk *talk, char *buf, size_t size);

#endif
