/* Why a handshake failed, in words, and what to do about it. */
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "mqtt-tls.h"

struct cause {
	int code;
	const char *words;
};

#define AUTHORITY \
	"the broker's certificate is signed by nobody that is known here: check ca-file or ca-path"

/* Why its certificate was refused. */
static const struct cause refusals[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, AUTHORITY },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, AUTHORITY },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, AUTHORITY },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	  "the broker has signed its certificate itself, and it is not known here: set ca-file to that certificate" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, AUTHORITY },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, AUTHORITY },
	{ X509_V_ERR_CERT_HAS_EXPIRED,
	  "the broker's certificate has expired: renew it, or set this machine's clock" },
	{ X509_V_ERR_CERT_NOT_YET_VALID,
	  "the broker's certificate is not valid yet: set this machine's clock" },
	{ X509_V_ERR_HOSTNAME_MISMATCH,
	  "the broker's certificate is for another name than host: set host to the name that it is for" },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH,
	  "the broker's certificate is not for this address: set host to the name that it is for" },
};

/* The same of one above it. */
static const struct cause refusals_above[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED,
	  "the certificate of the authority above the broker's has expired: renew it there and in ca-file, or set this machine's clock" },
	{ X509_V_ERR_CERT_NOT_YET_VALID,
	  "the certificate of the authority above the broker's is not valid yet: set this machine's clock" },
};

#define OWN "the broker refuses this client's certificate: check cert-file"

/* What the broker said. */
static const struct cause alerts[] = {
	{ SSL3_AD_BAD_CERTIFICATE, OWN },
	{ SSL3_AD_UNSUPPORTED_CERTIFICATE, OWN },
	{ SSL3_AD_CERTIFICATE_REVOKED,
	  "the broker says that this client's certificate was revoked" },
	{ SSL3_AD_CERTIFICATE_EXPIRED, "this client's certificate has expired: renew cert-file" },
	{ SSL3_AD_CERTIFICATE_UNKNOWN, OWN },
	{ TLS1_AD_UNKNOWN_CA,
	  "the broker does not know who signed this client's certificate: check cert-file" },
	{ TLS1_AD_ACCESS_DENIED, OWN },
	{ TLS13_AD_CERTIFICATE_REQUIRED,
	  "the broker wants a client's certificate: set cert-file and key-file" },
	{ TLS1_AD_PROTOCOL_VERSION, "the broker knows no TLS version of ours, 1.2 or 1.3" },
	{ SSL3_AD_HANDSHAKE_FAILURE,
	  "the broker refuses the handshake: it may want a client's certificate (cert-file) or a "
	  "pre-shared key (psk-identity)" },
};

/* The same with a pre-shared key. */
static const struct cause psk_alerts[] = {
	{ TLS1_AD_UNKNOWN_PSK_IDENTITY,
	  "the broker does not know this pre-shared key: check psk-identity" },
	{ TLS1_AD_DECRYPT_ERROR,
	  "the pre-shared key is another than the broker's: check psk-file" },
	{ SSL3_AD_BAD_RECORD_MAC,
	  "the pre-shared key is another than the broker's: check psk-file" },
	{ SSL3_AD_HANDSHAKE_FAILURE, "the broker's port takes no pre-shared keys" },
	{ TLS1_AD_INTERNAL_ERROR,
	  "the broker does not know this pre-shared key: check psk-identity" },
};

/* What OpenSSL says of something that is no TLS. */
static const char *const foreign[] = {
	"wrong version number",
	"packet length too long",
	"http request",
	"record layer failure",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *find(const struct cause *causes, size_t count, int code)
{
	for (size_t i = 0; i < count; i++) {
		if (causes[i].code == code)
			return causes[i].words;
	}
	return NULL;
}

static bool is_foreign(const char *reason)
{
	for (size_t i = 0; i < COUNT(foreign); i++) {
		if (strstr(reason, foreign[i]))
			return true;
	}
	return false;
}

static void explain_refusal(const struct mqtt_tls_talk *talk, char *buf, size_t size)
{
	const char *words =
		talk->above ? find(refusals_above, COUNT(refusals_above), talk->verify_error)
			    : NULL;

	if (!words)
		words = find(refusals, COUNT(refusals), talk->verify_error);
	if (words)
		snprintf(buf, size, "TLS: %s%s%s%s", words, talk->date[0] ? " (" : "", talk->date,
		         talk->date[0] ? ")" : "");
	else
		snprintf(buf, size, "TLS: the broker's certificate is refused: %s",
		         X509_verify_cert_error_string(talk->verify_error));
}

static void explain_alert(const struct mqtt_tls_talk *talk, char *buf, size_t size)
{
	const char *words = talk->settings->psk_identity
	                            ? find(psk_alerts, COUNT(psk_alerts), talk->alert)
	                            : NULL;

	if (!words)
		words = find(alerts, COUNT(alerts), talk->alert);
	if (words)
		snprintf(buf, size, "TLS: %s", words);
	else
		snprintf(buf, size, "TLS: the broker refuses the handshake: %s",
		         SSL_alert_desc_string_long(talk->alert));
}

enum mqtt_tls_cause mqtt_tls_explain(const struct mqtt_tls_talk *talk, char *buf, size_t size)
{
	if (talk->verify_error) {
		explain_refusal(talk, buf, size);
	} else if (talk->alert >= 0) {
		explain_alert(talk, buf, size);
	} else if (strstr(talk->reason, "unexpected eof")) {
		snprintf(buf, size, "%s", MQTT_TLS_UNANSWERED);
		return MQTT_TLS_UNSURE;
	} else if (is_foreign(talk->reason)) {
		snprintf(buf, size,
		         "TLS: this port of the broker does not speak it: check port and tls");
	} else if (talk->reason[0]) {
		snprintf(buf, size, "TLS: the handshake failed: %s", talk->reason);
	} else {
		return MQTT_TLS_INNOCENT;
	}
	return MQTT_TLS_GUILTY;
}

/* "OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number" */
void mqtt_tls_note(struct mqtt_tls_talk *talk, const char *line)
{
	const char *reason = strrchr(line, ':');

	if (strncmp(line, "OpenSSL Error", 13) != 0 || !reason || talk->reason[0])
		return;
	snprintf(talk->reason, sizeof(talk->reason), "%.78s", reason + 1);
}
