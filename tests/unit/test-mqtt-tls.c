/* Why a handshake failed, in words: the causes that a test with a broker does not bring about. */
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

#include "mqtt-tls.h"

static const struct mqtt_tls_settings certificates = { .on = true };
static const struct mqtt_tls_settings psk = { .on = true, .psk_identity = "me", .psk = "00" };

static const struct {
	const struct mqtt_tls_settings *settings;
	int verify_error, alert;
	const char *date, *line;
	enum mqtt_tls_cause cause;
	const char *says;
} cases[] = {
	{ &certificates, 0, -1, "", "", MQTT_TLS_INNOCENT, "" },
	{ &certificates, X509_V_ERR_CERT_HAS_EXPIRED, -1, "2026-01-01 00:00 UTC", "",
	  MQTT_TLS_GUILTY,
	  "has expired: renew it, or set this machine's clock (2026-01-01 00:00 UTC)" },
	{ &certificates, X509_V_ERR_CERT_NOT_YET_VALID, -1, "", "", MQTT_TLS_GUILTY,
	  "is not valid yet: set this machine's clock" },
	{ &certificates, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SSL3_AD_HANDSHAKE_FAILURE, "", "",
	  MQTT_TLS_GUILTY, "set ca-file to that certificate" },
	{ &certificates, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, -1, "", "", MQTT_TLS_GUILTY,
	  "check ca-file or ca-path" },
	{ &certificates, X509_V_ERR_EE_KEY_TOO_SMALL, -1, "", "", MQTT_TLS_GUILTY,
	  "the broker's certificate is refused: " },
	{ &certificates, 0, SSL3_AD_HANDSHAKE_FAILURE, "", "", MQTT_TLS_GUILTY,
	  "it may want a client's certificate (cert-file) or a pre-shared key (psk-identity)" },
	{ &certificates, 0, SSL3_AD_CERTIFICATE_REVOKED, "", "", MQTT_TLS_GUILTY, "was revoked" },
	{ &certificates, 0, TLS1_AD_PROTOCOL_VERSION, "", "", MQTT_TLS_GUILTY,
	  "knows no TLS version" },
	{ &certificates, 0, TLS1_AD_INTERNAL_ERROR, "", "", MQTT_TLS_GUILTY,
	  "the broker refuses the handshake: " },
	{ &psk, 0, TLS1_AD_UNKNOWN_PSK_IDENTITY, "", "", MQTT_TLS_GUILTY, "check psk-identity" },
	{ &psk, 0, TLS1_AD_INTERNAL_ERROR, "", "", MQTT_TLS_GUILTY, "check psk-identity" },
	{ &psk, 0, SSL3_AD_BAD_RECORD_MAC, "", "", MQTT_TLS_GUILTY, "check psk-file" },
	{ &psk, 0, SSL3_AD_HANDSHAKE_FAILURE, "", "", MQTT_TLS_GUILTY, "takes no pre-shared keys" },
	{ &psk, 0, TLS1_AD_PROTOCOL_VERSION, "", "", MQTT_TLS_GUILTY, "knows no TLS version" },
	{ &certificates, 0, -1, "",
	  "OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number", MQTT_TLS_GUILTY,
	  "this port of the broker does not speak it" },
	{ &certificates, 0, -1, "",
	  "OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading",
	  MQTT_TLS_UNSURE, "without an answer" },
	{ &certificates, 0, -1, "",
	  "OpenSSL Error[0]: error:0A0000C1:SSL routines::no shared cipher", MQTT_TLS_GUILTY,
	  "the handshake failed: no shared cipher" },
	{ &certificates, 0, -1, "", "Error: something else: at all", MQTT_TLS_INNOCENT, "" },
	{ &certificates, 0, -1, "", "OpenSSL Error", MQTT_TLS_INNOCENT, "" },
};

static void test_causes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mqtt_tls_talk talk = { .settings = cases[i].settings,
			                      .verify_error = cases[i].verify_error,
			                      .alert = cases[i].alert };
		char words[256] = "";

		snprintf(talk.date, sizeof(talk.date), "%s", cases[i].date);
		mqtt_tls_note(&talk, cases[i].line);
		print_message("# %zu\n", i);
		assert_int_equal(mqtt_tls_explain(&talk, words, sizeof(words)), cases[i].cause);
		if (!strstr(words, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", words, cases[i].says);
	}
}

/* The first reason counts, and a long one is cut. */
static void test_reasons(void **state)
{
	struct mqtt_tls_talk talk = { .settings = &certificates, .alert = -1 };
	char line[300] = "OpenSSL Error[0]: error:1:x::", words[256];

	(void)state;
	memset(line + strlen(line), 'y', 200);
	mqtt_tls_note(&talk, line);
	mqtt_tls_note(&talk, "OpenSSL Error[1]: error:1:x::second");
	assert_int_equal(mqtt_tls_explain(&talk, words, sizeof(words)), MQTT_TLS_GUILTY);
	assert_null(strstr(words, "second"));
	assert_int_equal(strlen(talk.reason), 78);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests_name("mqtt-tls", tests, NULL, NULL);
}
